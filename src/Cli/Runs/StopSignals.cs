using System.Runtime.InteropServices;

namespace BuildFarm.Cli.Runs;

/// <summary>Turns this process's signals into items of a follower while it lives; the default action is off meanwhile.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals(FollowQueue to)
    {
        _registrations =
        [
            Register(PosixSignal.SIGINT, StopSignal.Interrupt),
            Register(PosixSignal.SIGTERM, StopSignal.Terminate),
            Register(PosixSignal.SIGHUP, StopSignal.Terminate),
        ];

        PosixSignalRegistration Register(PosixSignal signal, StopSignal stop) => PosixSignalRegistration.Create(signal, context => Take(context, stop, to));
    }

    /// <summary>Takes a signal in place of its default action.</summary>
    internal static void Take(PosixSignalContext signal, StopSignal stop, FollowQueue to)
    {
        signal.Cancel = true;
        to.Want(new FollowItem.Stop(stop));
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }
}
