using BuildFarm.TestKit.Recorded;
using Xunit;

namespace BuildFarm.EndToEnd.Tests.Upgrade;

/// <summary>Makes the recordings of tests/TestKit/Recorded, by hand, once a version of the protocol; its README.md says how.</summary>
public sealed class LinkRecorder
{
    [Fact(Explicit = true)]
    public async Task Link_OfAnotherRelease_IsRecorded()
    {
        var sources = Environment.GetEnvironmentVariable("BUILDFARM_OLDER_SOURCES") ?? throw new InvalidOperationException("BUILDFARM_OLDER_SOURCES names a built tree of the other release");
        var folder = Environment.GetEnvironmentVariable("BUILDFARM_RECORDING") ?? throw new InvalidOperationException("BUILDFARM_RECORDING names the folder to write");
        await using var farm = await LinkedFarm.StartAsync(
            static message => message, static message => message, program => Path.Combine(sources, "src", program["BuildFarm.".Length..], "bin", "Release", "net10.0", program));

        var good = await farm.SubmitAsync("echo", "hi");
        var bad = await farm.SubmitAsync("sh", "-c", "exit 3");

        Assert.Equal((0, Hosting.ExitCode.BuildFailed), (good.ExitCode, bad.ExitCode));
        RecordedLink.Save(folder, farm.Proxy.Messages);
    }
}
