using BuildFarm.Worker.Tests.Conformance;

namespace BuildFarm.Worker.Tests.Docker;

/// <inheritdoc />
public sealed class DockerExecutionTests(DockerBench bench) : ExecutionTests<DockerBench>(bench);
