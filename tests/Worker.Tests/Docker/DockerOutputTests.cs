using BuildFarm.Worker.Tests.Conformance;

namespace BuildFarm.Worker.Tests.Docker;

/// <inheritdoc />
public sealed class DockerOutputTests(DockerBench bench) : OutputTests<DockerBench>(bench);
