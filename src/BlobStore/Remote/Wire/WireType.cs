namespace BuildFarm.BlobStore.Remote.Wire;

/// <summary>How a field is written (protobuf's encoding, the low three bits of a tag); groups are not taken.</summary>
public enum WireType
{
    /// <summary>A varint.</summary>
    Number = 0,

    /// <summary>Eight bytes, passed over.</summary>
    Fixed64 = 1,

    /// <summary>A length, and as many bytes: text, bytes, a message.</summary>
    Bytes = 2,

    /// <summary>Four bytes, passed over.</summary>
    Fixed32 = 5,
}
