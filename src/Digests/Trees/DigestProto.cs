using System.Buffers;
using Google.Protobuf;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Trees;

/// <summary>Digests and the messages that carry them: <c>Digest.FromProto</c>, <c>Digest.OfMessage</c>, <c>digest.ToProto()</c>.</summary>
public static class DigestProto
{
    extension(Digest)
    {
        /// <summary>Reads a digest of a message.</summary>
        /// <param name="proto">As it came; null when the field is absent.</param>
        /// <param name="what">What it names, for the error: <c>action_digest</c>, or a path.</param>
        /// <param name="function">The function that the request names; null goes by the hash's length.</param>
        /// <exception cref="DigestFormatException">Absent or malformed.</exception>
        public static Digest FromProto(Reapi.Digest? proto, string what, DigestFunction? function = null)
        {
            if (proto is null)
                throw new DigestFormatException($"{what}: the digest is absent");
            if (Digest.TryParse(proto.Hash, proto.SizeBytes, function, out var digest, out var problem))
                return digest;
            throw new DigestFormatException($"{what}: {problem}");
        }

        /// <summary>The digest of a message's serialised form, which is the name it has in the CAS; of SHA-256 when no function is named.</summary>
        public static Digest OfMessage(IMessage message, DigestFunction? function = null)
        {
            ArgumentNullException.ThrowIfNull(message);
            var size = message.CalculateSize();
            var buffer = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                var bytes = buffer.AsSpan(0, size);
                message.WriteTo(bytes);
                return Digest.OfBytes(bytes, function ?? DigestFunction.Sha256);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>The digest as a message carries it.</summary>
    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public static Reapi.Digest ToProto(this Digest digest) => new() { Hash = digest.HashHex, SizeBytes = digest.SizeBytes };

    /// <inheritdoc cref="FromProto"/>
    public static Digest ToDigest(this Reapi.Digest? proto, string what, DigestFunction? function = null) => Digest.FromProto(proto, what, function);

    /// <summary>The function as requests and capabilities name it.</summary>
    public static Reapi.DigestFunction.Types.Value ToProto(this DigestFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return Enum.Parse<Reapi.DigestFunction.Types.Value>(function.Name, ignoreCase: true);
    }

    /// <summary>The function that a message names; null when it names none, so that the lengths of hashes tell.</summary>
    /// <exception cref="DigestFormatException">The farm does not have it.</exception>
    public static DigestFunction? ToDigestFunction(this Reapi.DigestFunction.Types.Value value)
    {
        if (value == Reapi.DigestFunction.Types.Value.Unknown)
            return null;
        foreach (var function in DigestFunction.All)
        {
            if (function.ToProto() == value)
                return function;
        }

        throw new DigestFormatException(
            $"the digest function {value} is not supported; this server has {string.Join(", ", DigestFunction.All.Select(static function => function.ToProto()))}");
    }
}
