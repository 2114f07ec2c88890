namespace BuildFarm.BlobStore;

/// <summary>A store at the other end of a network does not answer, or refuses. Nothing is known of the blob; try again later.</summary>
/// <param name="message">What, where, and what to do next, in one line.</param>
/// <param name="innerException">The failure as the transport tells it.</param>
public sealed class BlobStoreUnavailableException(string message, Exception? innerException = null)
    : BlobStoreException(message, innerException);
