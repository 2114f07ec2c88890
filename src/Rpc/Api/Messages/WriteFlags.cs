namespace Grpc.Core;

/// <summary>How one message is written.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait for the next one, so that both go out in one flush.</summary>
    BufferHint = 0x1,

    /// <summary>The message is sent uncompressed even when the call has an encoding.</summary>
    NoCompress = 0x2,
}
