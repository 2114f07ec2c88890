namespace Grpc.Core;

/// <summary>What a call made inside a server call inherits from it.</summary>
public class ContextPropagationOptions
{
    /// <summary>Both deadline and cancellation.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Makes options.</summary>
    public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
    {
        IsPropagateDeadline = propagateDeadline;
        IsPropagateCancellation = propagateCancellation;
    }

    /// <summary>Whether the earlier of both deadlines holds.</summary>
    public bool IsPropagateDeadline { get; }

    /// <summary>Whether cancelling the server call cancels the call made for it.</summary>
    public bool IsPropagateCancellation { get; }
}
