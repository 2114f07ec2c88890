using BuildFarm.Worker.Tests.Conformance;
using BuildFarm.Worker.Tests.Support;

namespace BuildFarm.Worker.Tests.Docker;

/// <inheritdoc />
public sealed class DockerMachineViewTests(DockerBench bench) : MachineViewTests<DockerBench>(bench);
