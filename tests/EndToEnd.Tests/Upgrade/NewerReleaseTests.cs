using BuildFarm.V1;
using Google.Protobuf;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.EndToEnd.Tests.Upgrade;

/// <summary>Today's worker under a newer coordinator, and today's coordinator over a newer worker: what they do not know they ignore.</summary>
public sealed class NewerReleaseTests
{
    private const int FutureVersion = 9;

    [Fact]
    public async Task Coordinator_Newer_TodaysWorkerWorks()
    {
        await using var farm = await LinkedFarm.StartAsync(static message => message, static message =>
        {
            var state = DesiredState.Parser.ParseFrom(message);
            state.ProtocolVersion = FutureVersion;
            return NewerRelease.WithUnknownFields(state.ToByteArray(), DesiredState.Descriptor);
        });

        await WorksAsync(farm);
    }

    [Fact]
    public async Task Worker_Newer_TodaysCoordinatorWorks()
    {
        await using var farm = await LinkedFarm.StartAsync(
            static message =>
            {
                var state = WorkerState.Parser.ParseFrom(message);
                if (state.Offer is { } offer)
                {
                    offer.ProtocolVersion = FutureVersion;
                }

                // A phase that this release does not have.
                foreach (var attempt in state.Attempts.Where(static attempt => attempt.Phase is AttemptPhase.Fetching or AttemptPhase.Running or AttemptPhase.Uploading))
                {
                    attempt.Phase = (AttemptPhase)17;
                }

                return NewerRelease.WithUnknownFields(state.ToByteArray(), WorkerState.Descriptor);
            },
            static message => message);

        await WorksAsync(farm);
    }

    private static async Task WorksAsync(LinkedFarm farm)
    {
        var good = await farm.SubmitAsync("echo", "hi");
        var bad = await farm.SubmitAsync("sh", "-c", "exit 3");

        Assert.True(good.ExitCode == 0, good + farm.Worker.Error);
        Assert.Equal("hi\n", good.Out);
        Assert.True(bad.ExitCode == Hosting.ExitCode.BuildFailed, bad.ToString());
        Assert.DoesNotContain("attempt 2", good.Error + bad.Error, StringComparison.Ordinal);
    }
}
