using BuildFarm.Worker.Tests.Conformance;

namespace BuildFarm.Worker.Tests.Docker;

/// <inheritdoc />
public sealed class DockerNetworkTests : NetworkTests<DockerBench>;
