using BuildFarm.Worker.Tests.Conformance;

namespace BuildFarm.Worker.Tests.Docker;

/// <inheritdoc />
public sealed class DockerIsolationTests(DockerBench bench) : IsolationTests<DockerBench>(bench);
