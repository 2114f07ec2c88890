using BuildFarm.Worker.Tests.Conformance;
using BuildFarm.Worker.Tests.Support;

namespace BuildFarm.Worker.Tests.Oci;

/// <inheritdoc />
public sealed class OciIsolationTests(WorkerBench bench) : IsolationTests<WorkerBench>(bench);
