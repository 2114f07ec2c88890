using BuildFarm.Cli.Runs;
using Xunit;

namespace BuildFarm.Cli.Tests.Runs;

public sealed class StopPolicyTests
{
    [Theory]
    // At a terminal: ask, cancel, leave.
    [InlineData(true, true, false, StopSignal.Interrupt, 0, false, StopAction.Ask)]
    [InlineData(true, true, false, StopSignal.Interrupt, 1, false, StopAction.Cancel)]
    [InlineData(true, true, false, StopSignal.Interrupt, 2, true, StopAction.LeaveNow)]
    // Without one: SIGINT cancels, SIGTERM detaches.
    [InlineData(false, true, false, StopSignal.Interrupt, 0, false, StopAction.Cancel)]
    [InlineData(false, true, false, StopSignal.Interrupt, 1, true, StopAction.LeaveNow)]
    [InlineData(false, true, false, StopSignal.Terminate, 0, false, StopAction.Detach)]
    [InlineData(true, true, false, StopSignal.Terminate, 0, false, StopAction.Detach)]
    // --on-term cancel.
    [InlineData(false, true, true, StopSignal.Terminate, 0, false, StopAction.Cancel)]
    [InlineData(false, true, true, StopSignal.Terminate, 0, true, StopAction.LeaveNow)]
    // A run inside this process has nowhere to go on.
    [InlineData(true, false, false, StopSignal.Interrupt, 0, false, StopAction.Cancel)]
    [InlineData(false, false, false, StopSignal.Terminate, 0, false, StopAction.Cancel)]
    public void Decide_Signal_LeadsToThisAction(
        bool canAsk, bool canDetach, bool terminateCancels, StopSignal signal, int interrupts, bool cancelling, StopAction expected)
    {
        Assert.Equal(expected, new StopPolicy(canAsk, canDetach, terminateCancels).Decide(signal, interrupts, cancelling));
    }
}
