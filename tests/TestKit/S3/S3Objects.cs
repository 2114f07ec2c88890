using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace BuildFarm.TestKit.S3;

/// <summary>An object of the tests' S3.</summary>
public sealed record S3Object(byte[] Content, DateTimeOffset LastModified)
{
    public string ETag { get; } = ETagOf(Content);

    public static string ETagOf(byte[] content) => $"\"{Convert.ToHexStringLower(SHA256.HashData(content)[..16])}\"";
}

/// <summary>The objects of the one bucket, and uploads in parts that are not complete.</summary>
public sealed class S3Objects
{
    public ConcurrentDictionary<string, S3Object> ByKey { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, ConcurrentDictionary<int, byte[]>> Uploads { get; } = new(StringComparer.Ordinal);

    public ConcurrentDictionary<int, byte[]> Upload(string? id) =>
        id is not null && Uploads.TryGetValue(id, out var parts) ? parts : throw new S3RefusalException(404, "NoSuchUpload", "The upload does not exist.");

    /// <summary>Puts the parts together that the client names, by number and ETag, in rising order.</summary>
    public byte[] Complete(string id, IReadOnlyList<(int Number, string ETag)> named)
    {
        var parts = Upload(id);
        var content = new List<byte[]>();
        foreach (var (number, etag) in named)
        {
            if (!parts.TryGetValue(number, out var part) || S3Object.ETagOf(part).Trim('"') != etag.Trim('"'))
            {
                throw new S3RefusalException(400, "InvalidPart", $"Part {number} is not there or another.");
            }

            if (number != content.Count + 1 || (part.Length < 5 << 20 && number < named.Count))
            {
                throw new S3RefusalException(400, number != content.Count + 1 ? "InvalidPartOrder" : "EntityTooSmall", $"Part {number}.");
            }

            content.Add(part);
        }

        Uploads.TryRemove(id, out _);
        return [.. content.SelectMany(part => part)];
    }
}
