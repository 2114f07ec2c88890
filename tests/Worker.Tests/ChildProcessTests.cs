using BuildFarm.Worker.Processes;
using Xunit;

namespace BuildFarm.Worker.Tests;

public sealed class ChildProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int Kill = 9;
    private static readonly ProcessExit Killed = new(128 + Kill, Kill);

    private readonly ReadinessPoller _poller = new();

    public void Dispose() => _poller.Dispose();

    [Fact]
    public async Task End_ThatSeveralWaitFor_IsHeardOfByAllOfThem()
    {
        using var process = Sleep();
        var first = process.WaitAsync(CancellationToken.None);
        var second = process.WaitAsync(CancellationToken.None);
        Assert.False(first.IsCompleted || second.IsCompleted);
        process.Signal(Kill);
        var ends = await Task.WhenAll(first, second).WaitAsync(Patience, CancellationToken.None);
        Assert.Equal([Killed, Killed], ends);
        Assert.Equal(Killed, await process.WaitAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Wait_ThatIsGivenUp_EndsNoOther()
    {
        using var process = Sleep();
        using var giveUp = new CancellationTokenSource();
        var given = process.WaitAsync(giveUp.Token);
        var other = process.WaitAsync(CancellationToken.None);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Assert.False(other.IsCompleted);
        process.Signal(Kill);
        Assert.Equal(Killed, await other.WaitAsync(Patience, CancellationToken.None));
    }

    private ChildProcess Sleep()
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        return ChildProcess.Start("/bin/sleep", ["sleep", "600"], [], new StandardStreams(nothing, nothing, nothing), workingDirectory: null, _poller);
    }
}
