namespace BuildFarm.Digests.Hashing;

/// <summary>A hash over content that comes in parts. Not thread-safe.</summary>
internal abstract class HashState : IDisposable
{
    public abstract void Append(ReadOnlySpan<byte> content);

    /// <summary>Writes the hash of everything appended, and starts anew.</summary>
    public abstract void Finish(Span<byte> hash);

    public virtual void Dispose()
    {
    }
}
