namespace BuildFarm.BlobStore;

/// <summary>What a blob store refuses or cannot do; the subclasses say which.</summary>
public abstract class BlobStoreException : IOException
{
    private protected BlobStoreException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
