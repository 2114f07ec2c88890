using System.Collections.Concurrent;
using System.Globalization;
using BuildFarm.Scheduling.Effects;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>The open calls of parents that wait for children.</summary>
public sealed class ChildWaits(IIdSource ids)
{
    private const int NumberDigits = 15;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<Scheduling.ChildAnswer>> _open = new();

    /// <summary>A wait with a number of its own, over all lives of the coordinator, and its answer.</summary>
    public (long Wait, Task<Scheduling.ChildAnswer> Answer) Open()
    {
        var answer = new TaskCompletionSource<Scheduling.ChildAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        long wait;
        do
        {
            wait = long.Parse(ids.NextHex(NumberDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }
        while (!_open.TryAdd(wait, answer));
        return (wait, answer.Task);
    }

    /// <summary>The scheduler has decided.</summary>
    public void Answer(ChildWaitAnswered answered)
    {
        ArgumentNullException.ThrowIfNull(answered);
        if (_open.TryGetValue(answered.Wait, out var open))
        {
            open.TrySetResult(answered.Answer);
        }
    }

    /// <summary>Nobody listens any more.</summary>
    public void Close(long wait) => _open.TryRemove(wait, out _);
}
