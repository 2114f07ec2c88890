using BuildFarm.Worker.Tests.Conformance;
using BuildFarm.Worker.Tests.Support;

namespace BuildFarm.Worker.Tests.Docker;

/// <inheritdoc />
public sealed class DockerEscapeTests(DockerBench bench) : EscapeTests<DockerBench>(bench);
