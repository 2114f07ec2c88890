namespace Grpc.Core;

/// <summary>Options of the messages written to a stream.</summary>
public class WriteOptions
{
    /// <summary>No flags: flush at once, compress when the call has an encoding.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>Makes options with the given flags.</summary>
    public WriteOptions(WriteFlags flags = default) => Flags = flags;

    /// <summary>The flags.</summary>
    public WriteFlags Flags { get; }
}
