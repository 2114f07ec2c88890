using Google.Protobuf;

namespace BuildFarm.Digests.Trees;

/// <summary>Reads a message from the CAS; null when the blob is absent. The bytes have been verified against the digest.</summary>
public delegate ValueTask<T?> FetchMessage<T>(Digest digest, CancellationToken cancellationToken)
    where T : class, IMessage<T>;
