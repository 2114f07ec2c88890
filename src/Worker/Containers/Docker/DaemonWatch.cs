using BuildFarm.Worker.Containers.Docker.Engine;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>
/// Notices when the Docker daemon ends, and when one is there again. Its containers may outlive it, yet nobody hears of them what they
/// write, so what ran under it counts as lost; the next one is used when what is left of the last has been removed.
/// </summary>
/// <param name="socket">Where it listens.</param>
/// <param name="healAsync">Makes everything ready under another daemon; throws when it cannot be.</param>
/// <param name="time">Between two tries.</param>
/// <param name="logger">Hears of both.</param>
internal sealed partial class DaemonWatch(string socket, Func<CancellationToken, Task> healAsync, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // A daemon that is told to stop gives its containers 15 s, and is then gone.
    internal static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    private readonly PauseReason _reason = new();
    private readonly CancellationTokenSource _stop = new();
    private DaemonLine? _line;
    private Task _watching = Task.CompletedTask;
    private TaskCompletionSource _suspicion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Raised with the reason, one line, when nothing can run; with an empty one when tasks can again.</summary>
    public event Action<string>? Changed
    {
        add => _reason.Changed += value;
        remove => _reason.Changed -= value;
    }

    /// <summary>Of the daemon that is used now.</summary>
    public DaemonLine Line => _line ?? throw new InvalidOperationException("the daemon is not watched");

    /// <summary>Why nothing can run now; empty when tasks can.</summary>
    public string Reason => _reason.Text;

    /// <exception cref="IOException">There is no daemon.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken) => _line = await DaemonLine.OpenAsync(socket, cancellationToken);

    /// <summary>Begins to watch.</summary>
    public void Start() => _watching = Task.Run(WatchAsync);

    /// <summary>Looks now: who reports that something failed has said before that it takes nothing more.</summary>
    public void Look()
    {
        // One that is told to stop lets nobody in long before it closes what is open.
        if (!Line.IsOpen || !DaemonLine.LetsIn(socket))
            Suspect(Gone);
    }

    /// <summary>What a task ends with whose daemon is gone.</summary>
    public ContainerLostException Lost(DockerError? error = null)
    {
        Look();
        return new ContainerLostException(
            $"the Docker daemon at {socket} went away while the task ran, and what the task did since is not known{(error is null || !Line.IsOpen ? "" : $": {error.Message}")}");
    }

    /// <summary>What a task ends with whose container was ended by somebody else: most likely a daemon that is about to go.</summary>
    public ContainerLostException Killed(int signal)
    {
        Suspect($"the Docker daemon at {socket} ends containers; if it is being stopped, start it again");
        return new ContainerLostException($"the container was ended by signal {signal} from outside: the Docker daemon at {socket} stops, or somebody killed it there");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _line?.Dispose();
        _stop.Dispose();
    }

    private string Gone => $"the Docker daemon at {socket} has gone away; start it again";

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                if (!await EndsAsync())
                {
                    Trust();
                    continue;
                }

                Say(Gone);
                do
                {
                    await Task.Delay(Interval, time, _stop.Token);
                }
                while (!await TryHealAsync());

                Say("");
            }
        }
        catch (OperationCanceledException)
        {
            // The worker stops.
        }
    }

    /// <summary>Waits for its end; false when it was suspected and has not ended.</summary>
    private async Task<bool> EndsAsync()
    {
        if (await Task.WhenAny(Line.Ended, _suspicion.Task).WaitAsync(_stop.Token) == Line.Ended)
            return true;
        _suspicion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await Line.Ended.WaitAsync(StopPatience, time, _stop.Token);
            return true;
        }
        catch (TimeoutException)
        {
            return !DaemonLine.LetsIn(socket);
        }
    }

    private async Task<bool> TryHealAsync()
    {
        DaemonLine next;
        try
        {
            next = await DaemonLine.OpenAsync(socket, _stop.Token);
        }
        catch (IOException)
        {
            Say(Gone);
            return false;
        }

        Line.Dispose();
        _line = next;
        try
        {
            await healAsync(_stop.Token);
            return next.IsOpen;
        }
        catch (Exception e) when (e is IOException or ContainerStartException or RuntimeUnusableException or UnauthorizedAccessException)
        {
            Say($"the Docker daemon at {socket} is back and cannot run tasks: {e.Message}");
            return false;
        }
    }

    /// <summary>Nothing is taken until the daemon has ended and another is there, or its time to end is over.</summary>
    private void Suspect(string reason) => Say(_ =>
    {
        _suspicion.TrySetResult();
        return reason;
    });

    /// <summary>Tasks can run again, unless the daemon is suspected anew.</summary>
    private void Trust() => Say(reason => _suspicion.Task.IsCompleted ? reason : "");

    private void Say(string reason) => Say(_ => reason);

    private void Say(Func<string, string> next)
    {
        if (_reason.Change(next) is not { } reason)
            return;
        if (reason.Length > 0)
            LogGone(reason);
        else
            LogBack(socket);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "taking no tasks: {Reason}")]
    private partial void LogGone(string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "taking tasks again: the Docker daemon at {Socket} is back")]
    private partial void LogBack(string socket);
}
