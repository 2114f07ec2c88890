namespace Grpc.Core;

/// <summary>A long-lived way to one target, shared by all calls to it.</summary>
public abstract class ChannelBase
{
    /// <summary>Makes a channel to a target.</summary>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The target as it was given.</summary>
    public string Target { get; }

    /// <summary>An invoker that starts calls on this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Stops the channel: no new calls; what it holds is freed.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>What <see cref="ShutdownAsync"/> does; nothing here.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
