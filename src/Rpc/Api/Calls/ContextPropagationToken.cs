namespace Grpc.Core;

/// <summary>Stands for a server call in the options of the calls made for it; see <see cref="ServerCallContext.CreatePropagationToken"/>.</summary>
public abstract class ContextPropagationToken
{
    private protected ContextPropagationToken()
    {
    }

    /// <summary>The parent's deadline in UTC; <see cref="DateTime.MaxValue"/> for none or when it is not inherited.</summary>
    internal abstract DateTime Deadline { get; }

    /// <summary>The parent's cancellation; <see cref="CancellationToken.None"/> when it is not inherited.</summary>
    internal abstract CancellationToken CancellationToken { get; }
}
