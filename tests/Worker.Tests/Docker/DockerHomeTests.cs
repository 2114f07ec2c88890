using BuildFarm.Worker.Tests.Conformance;

namespace BuildFarm.Worker.Tests.Docker;

/// <inheritdoc />
public sealed class DockerHomeTests(DockerHomeTests.Bench bench) : HomeTests<DockerHomeTests.Bench>(bench)
{
    /// <summary>It keeps few and small homes.</summary>
    public sealed class Bench : DockerBench
    {
        internal override void Configure(WorkerOptions options)
        {
            base.Configure(options);
            SmallHomes.Set(options);
        }
    }
}
