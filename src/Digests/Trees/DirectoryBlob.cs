using Google.Protobuf;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Trees;

/// <summary>A Directory message in its canonical form, with its bytes and the digest that they have in the CAS.</summary>
public sealed record DirectoryBlob(Digest Digest, Reapi.Directory Message, ReadOnlyMemory<byte> Bytes)
{
    public static DirectoryBlob Of(Reapi.Directory message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var bytes = message.ToByteArray();
        return new DirectoryBlob(Digest.OfBytes(bytes), message, bytes);
    }
}
