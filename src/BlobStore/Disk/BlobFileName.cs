using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Disk;

/// <summary>
/// Where a blob's file is: <c>{function}/{first two hex digits}/{hash}</c>, and the same with an <c>x</c> at the end for its
/// executable twin (one inode has one mode). Made from a <see cref="Digest"/> alone, which holds nothing but validated hex.
/// </summary>
internal static class BlobFileName
{
    /// <summary>The digest that a file is named by, with the size that it has; false for a name that is none.</summary>
    public static bool TryParse(string name, long sizeBytes, out Digest digest)
    {
        digest = default;
        var parts = name.Split('/');
        if (parts.Length != 3 || DigestFunction.Find(parts[0]) is not { } function)
        {
            return false;
        }

        var hash = parts[2].AsSpan();
        hash = hash.Length > 0 && hash[^1] == 'x' ? hash[..^1] : hash;
        Span<byte> bytes = stackalloc byte[DigestFunction.LongestHash];
        if (hash.Length != function.HashLength * 2
            || Convert.FromHexString(hash, bytes, out _, out var written) != System.Buffers.OperationStatus.Done || written != function.HashLength)
        {
            return false;
        }

        digest = new Digest(function, bytes[..written], sizeBytes);
        return true;
    }

    public static string Of(in Digest digest, bool executable = false)
    {
        var function = digest.Function;
        var length = function.Name.Length + 1 + 2 + 1 + (function.HashLength * 2) + (executable ? 1 : 0);
        return string.Create(length, (digest, executable), static (name, state) =>
        {
            var function = state.digest.Function.Name;
            function.CopyTo(name);
            name[function.Length] = '/';
            var hash = name[(function.Length + 4)..];
            state.digest.TryFormatHash(hash, out var written);
            hash[..2].CopyTo(name[(function.Length + 1)..]);
            name[function.Length + 3] = '/';
            if (state.executable)
            {
                hash[written] = 'x';
            }
        });
    }
}
