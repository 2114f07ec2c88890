using BuildFarm.Worker.Tests.Conformance;
using BuildFarm.Worker.Tests.Support;

namespace BuildFarm.Worker.Tests.Oci;

/// <inheritdoc />
public sealed class OciEscapeTests(WorkerBench bench) : EscapeTests<WorkerBench>(bench);
