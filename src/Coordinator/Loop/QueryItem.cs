using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Loop;

/// <summary>A question about the state. The answer is given when everything that it may show is durable.</summary>
internal abstract class QueryItem : LoopItem
{
    public abstract void Ask(SchedulerState state);

    public abstract void Answer();
}

/// <inheritdoc />
internal sealed class QueryItem<T>(Func<SchedulerState, T> question) : QueryItem
{
    private readonly TaskCompletionSource<T> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _answer;

    public Task<T> Reply => _reply.Task;

    public override void Ask(SchedulerState state) => _answer = question(state);

    public override void Answer() => _reply.TrySetResult(_answer!);

    public override void Abandon(Exception reason) => _reply.TrySetException(reason);
}
