namespace BuildFarm.Digests.Trees;

/// <summary>
/// A tree that breaks a rule of the contract or a limit, or two trees that cannot be laid over each other. The message names the path and the rule.
/// gRPC services answer INVALID_ARGUMENT.
/// </summary>
public sealed class InvalidTreeException : Exception
{
    public InvalidTreeException(string message) : base(message)
    {
    }

    public InvalidTreeException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public InvalidTreeException()
    {
    }
}
