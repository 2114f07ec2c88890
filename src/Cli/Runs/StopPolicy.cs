namespace BuildFarm.Cli.Runs;

/// <summary>What to do when somebody wants this process to end.</summary>
public enum StopAction
{
    /// <summary>Ask the person: detach or cancel.</summary>
    Ask = 1,

    /// <summary>Leave; the run goes on.</summary>
    Detach = 2,

    /// <summary>Cancel the run and stay until it has ended.</summary>
    Cancel = 3,

    /// <summary>Leave at once.</summary>
    LeaveNow = 4,
}

/// <summary>
/// Decides by what came before. At a terminal the first Ctrl-C asks, the second cancels, the third leaves. Without one
/// SIGINT cancels and SIGTERM detaches, so that a CI time limit never kills a build; a run that lives in this process
/// cannot be left behind and is cancelled.
/// </summary>
/// <param name="CanAsk">A person sits at a terminal.</param>
/// <param name="CanDetach">The run outlives this process.</param>
/// <param name="TerminateCancels"><c>--on-term cancel</c>.</param>
public sealed record StopPolicy(bool CanAsk, bool CanDetach, bool TerminateCancels)
{
    /// <summary>The action for a signal after <paramref name="interrupts"/> earlier Ctrl-Cs.</summary>
    public StopAction Decide(StopSignal signal, int interrupts, bool cancelling)
    {
        if (signal == StopSignal.Terminate)
        {
            return !CanDetach || TerminateCancels ? (cancelling ? StopAction.LeaveNow : StopAction.Cancel) : StopAction.Detach;
        }

        if (interrupts == 0 && CanAsk && CanDetach && !cancelling)
        {
            return StopAction.Ask;
        }

        return cancelling ? StopAction.LeaveNow : StopAction.Cancel;
    }
}
