using Google.Protobuf;

namespace BuildFarm.BlobStore;

/// <summary>What reading a message from bytes of others may throw.</summary>
public static class MessageFaults
{
    /// <summary>
    /// The bytes are no message: protobuf's own exception, and what its reader lets through where a length or a tag lies in the last bytes of its buffer.
    /// </summary>
    public static bool IsUnreadable(this Exception exception) =>
        exception is InvalidProtocolBufferException or IndexOutOfRangeException or ArgumentException or OverflowException;
}
