using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace BuildFarm.Cli.Runs;

/// <summary>Turns this process's signals into items of a follower while it lives; the default action is off meanwhile.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals(ChannelWriter<FollowItem> to)
    {
        _registrations =
        [
            Register(PosixSignal.SIGINT, StopSignal.Interrupt),
            Register(PosixSignal.SIGTERM, StopSignal.Terminate),
            Register(PosixSignal.SIGHUP, StopSignal.Terminate),
        ];

        PosixSignalRegistration Register(PosixSignal signal, StopSignal stop) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            to.TryWrite(new FollowItem.Stop(stop));
        });
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }
}
