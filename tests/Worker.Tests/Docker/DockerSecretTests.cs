using BuildFarm.Worker.Tests.Conformance;

namespace BuildFarm.Worker.Tests.Docker;

/// <inheritdoc />
public sealed class DockerSecretTests(DockerBench bench) : SecretTests<DockerBench>(bench);
