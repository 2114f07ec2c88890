namespace BuildFarm.BlobStore;

/// <summary>There is no room for a blob and nothing may be evicted. Reads go on.</summary>
/// <param name="message">What, where, and what to do next.</param>
/// <param name="innerException">The system's own refusal, when there was one.</param>
public sealed class BlobStoreFullException(string message, Exception? innerException = null)
    : BlobStoreException(message, innerException);
