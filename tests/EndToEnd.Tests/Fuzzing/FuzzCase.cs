namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>How a case reaches the farm.</summary>
internal enum FuzzKind
{
    /// <summary>A call whose frames are whole; its messages may be anything.</summary>
    Call,

    /// <summary>A call whose frames or headers are broken too.</summary>
    BrokenCall,

    /// <summary>Bytes to the HTTP port.</summary>
    Http,

    /// <summary>Bytes that are no HTTP/2, to a gRPC port.</summary>
    Connection,
}

/// <summary>One input, made from the seed and the number alone and from the names that the farm gave out before.</summary>
/// <param name="Number">Which one of its seed.</param>
/// <param name="Kind">How it reaches the farm.</param>
/// <param name="Target">Full name of the method, or what the bytes are.</param>
/// <param name="Body">What is sent.</param>
/// <param name="Headers">Of a call; values may be malformed.</param>
/// <param name="Blobs">What the cache has to have before, as it is.</param>
internal sealed record FuzzCase(
    int Number, FuzzKind Kind, string Target, byte[] Body, IReadOnlyList<(string Name, string Value)> Headers, IReadOnlyList<byte[]> Blobs)
{
    private const int ShownBytes = 600;

    public override string ToString() =>
        $"case {Number}, {Kind} {Target} [{string.Join(", ", Headers.Select(static header => $"{header.Name}: {header.Value}"))}] {Body.Length} bytes {Shown(Body)}{string.Concat(Blobs.Select(static blob => $" blob {Shown(blob)}"))}";

    private static string Shown(byte[] bytes) => Convert.ToHexString(bytes.AsSpan(0, Math.Min(bytes.Length, ShownBytes)));
}
