namespace BuildFarm.Digests.Trees;

/// <summary>Directories of a tree that the store does not have. gRPC services answer FAILED_PRECONDITION with one MISSING violation each.</summary>
public sealed class MissingDirectoriesException : Exception
{
    /// <param name="missing">At least one.</param>
    /// <param name="message">One line that names the first of them and the path where it is needed.</param>
    public MissingDirectoriesException(IReadOnlyList<Digest> missing, string message) : base(message) => Missing = missing;

    public MissingDirectoriesException(string message) : base(message)
    {
    }

    public MissingDirectoriesException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public MissingDirectoriesException()
    {
    }

    public IReadOnlyList<Digest> Missing { get; } = [];
}
