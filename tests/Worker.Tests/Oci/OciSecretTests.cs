using BuildFarm.Worker.Tests.Conformance;
using BuildFarm.Worker.Tests.Support;

namespace BuildFarm.Worker.Tests.Oci;

/// <inheritdoc />
public sealed class OciSecretTests(WorkerBench bench) : SecretTests<WorkerBench>(bench);
