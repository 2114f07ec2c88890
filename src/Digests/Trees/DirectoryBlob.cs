using Google.Protobuf;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Trees;

/// <summary>A Directory message in its canonical form, with its bytes and the digest that they have in the CAS.</summary>
public sealed record DirectoryBlob(Digest Digest, Reapi.Directory Message, ReadOnlyMemory<byte> Bytes)
{
    /// <param name="message">In canonical form.</param>
    /// <param name="function">What it is named by, and its entries are; SHA-256 when null.</param>
    public static DirectoryBlob Of(Reapi.Directory message, DigestFunction? function = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        var bytes = message.ToByteArray();
        return new DirectoryBlob(Digest.OfBytes(bytes, function ?? DigestFunction.Sha256), message, bytes);
    }
}
