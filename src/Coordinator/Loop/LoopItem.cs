using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;

namespace BuildFarm.Coordinator.Loop;

/// <summary>Something that waits for the loop.</summary>
internal abstract class LoopItem
{
    /// <summary>Ends whoever waits for this item: the loop will never come to it.</summary>
    public virtual void Abandon(Exception reason)
    {
    }
}

/// <summary>Only makes the loop look at the clock.</summary>
internal sealed class WakeUpItem : LoopItem
{
    public static WakeUpItem Instance { get; } = new();
}

/// <summary>A command for the scheduler, with what must become durable together with it.</summary>
internal sealed class CommandItem(Command command, IReadOnlyList<JournalFact> facts, bool wantsReply) : LoopItem
{
    private readonly TaskCompletionSource<Effect>? _reply =
        wantsReply ? new TaskCompletionSource<Effect>(TaskCreationOptions.RunContinuationsAsynchronously) : null;

    public Command Command => command;

    public IReadOnlyList<JournalFact> Facts => facts;

    public Task<Effect> Reply => _reply?.Task ?? throw new InvalidOperationException("Nobody asked for a reply.");

    public void Answer(Effect effect) => _reply?.TrySetResult(effect);

    public override void Abandon(Exception reason) => _reply?.TrySetException(reason);
}
