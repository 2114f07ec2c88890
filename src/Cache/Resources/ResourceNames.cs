using System.Buffers;
using System.Globalization;
using BuildFarm.Hosting.Compression;
using BuildFarm.Digests;

namespace BuildFarm.Cache.Resources;

/// <summary>
/// Reads ByteStream resource names as REAPI's ContentAddressableStorage spells them, and those of log streams.
/// </summary>
public static class ResourceNames
{
    private const int LongestName = 4096;
    private const int LongestLogId = 128;
    private const string Uploads = "uploads";
    private const string Blobs = "blobs";
    private const string CompressedBlobs = "compressed-blobs";
    private const string LogStreams = "logstreams";

    // REAPI: no segment of an instance name may be one of these, or names would have two readings.
    private static readonly string[] Reserved =
        [Blobs, Uploads, "actions", "actionResults", "operations", "capabilities", CompressedBlobs];

    private static readonly SearchValues<char> LogId =
        SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.");

    /// <summary>Reads the name of a resource to read: a blob or a log stream.</summary>
    /// <exception cref="ResourceNameException">It names nothing that can be read.</exception>
    /// <exception cref="UnsupportedCompressorException">It asks for a compressed form.</exception>
    public static StreamResource ParseRead(string name)
    {
        var segments = Split(name);
        if (IsLogStream(segments))
        {
            return ParseLogStream(name, segments);
        }

        var kind = FindReserved(name, segments);
        var instance = InstanceOf(segments, kind);
        if (segments[kind] is not (Blobs or CompressedBlobs))
        {
            throw new ResourceNameException($"\"{name}\" names no blob to read; write [instance/]blobs/hash/size.");
        }

        var digest = ParseBlob(name, segments.AsSpan(kind), out var used);
        return kind + used == segments.Length
            ? new BlobResource(instance, digest, IsCompressed: segments[kind] == CompressedBlobs)
            : throw new ResourceNameException($"\"{name}\" goes on after the size; write [instance/]blobs/hash/size.");
    }

    /// <summary>Reads the name of a resource to write: an upload or a log stream.</summary>
    /// <exception cref="ResourceNameException">It names nothing that can be written.</exception>
    /// <exception cref="UnsupportedCompressorException">It announces a compressed form.</exception>
    public static StreamResource ParseWrite(string name)
    {
        var segments = Split(name);
        if (IsLogStream(segments))
        {
            return ParseLogStream(name, segments);
        }

        var kind = FindReserved(name, segments);
        var instance = InstanceOf(segments, kind);
        if (segments[kind] != Uploads || kind + 2 >= segments.Length)
        {
            throw new ResourceNameException($"\"{name}\" names no upload; write [instance/]uploads/uuid/blobs/hash/size.");
        }

        var uploadId = segments[kind + 1];
        return uploadId.Length == 0
            ? throw new ResourceNameException($"\"{name}\" has no upload id; write [instance/]uploads/uuid/blobs/hash/size.")
            : new UploadResource(instance, uploadId, ParseBlob(name, segments.AsSpan(kind + 2), out _), IsCompressed: segments[kind + 2] == CompressedBlobs);
    }

    /// <summary>Refuses an instance name that could not stand in front of a resource name.</summary>
    /// <exception cref="ResourceNameException">A segment is empty or reserved.</exception>
    public static void CheckInstance(string instanceName)
    {
        if (instanceName.Length == 0)
        {
            return;
        }

        foreach (var segment in instanceName.Split('/'))
        {
            if (segment.Length == 0 || Reserved.Contains(segment, StringComparer.Ordinal))
            {
                throw new ResourceNameException(
                    $"\"{instanceName}\" is no instance name: its segments may not be empty nor one of {string.Join(", ", Reserved)}.");
            }
        }
    }

    private static string[] Split(string name) => name.Length switch
    {
        0 => throw new ResourceNameException("The resource name is empty; the first message of a call must carry it."),
        > LongestName => throw new ResourceNameException($"The resource name has {name.Length} characters; at most {LongestName} are taken."),
        _ => name.Split('/'),
    };

    private static bool IsLogStream(string[] segments) => segments[0] == LogStreams;

    private static LogStreamResource ParseLogStream(string name, string[] segments) =>
        segments is [_, { Length: > 0 and <= LongestLogId } id, "stdout" or "stderr"] && !id.AsSpan().ContainsAnyExcept(LogId)
            ? new LogStreamResource(name)
            : throw new ResourceNameException($"\"{name}\" names no log stream; write logstreams/id/stdout or logstreams/id/stderr.");

    private static int FindReserved(string name, string[] segments)
    {
        var index = Array.FindIndex(segments, segment => Reserved.Contains(segment, StringComparer.Ordinal));
        return index >= 0
            ? index
            : throw new ResourceNameException($"\"{name}\" names neither a blob nor an upload; write [instance/]blobs/hash/size.");
    }

    private static string InstanceOf(string[] segments, int kind)
    {
        var instance = string.Join('/', segments, 0, kind);
        if (kind > 0 && instance.Length == 0)
        {
            throw new ResourceNameException("The resource name begins with a slash; leave it out where there is no instance name.");
        }

        CheckInstance(instance);
        return instance;
    }

    /// <summary>Reads from <c>blobs</c> or <c>compressed-blobs</c> up to the size.</summary>
    private static Digest ParseBlob(string name, ReadOnlySpan<string> segments, out int used)
    {
        used = segments[0] switch
        {
            Blobs => 1,
            CompressedBlobs => CheckCompressor(name, segments),
            _ => throw new ResourceNameException($"\"{name}\" names no blob after its upload id; write [instance/]uploads/uuid/blobs/hash/size."),
        };

        // Functions outside the classic set carry a segment of their own; the classic ones are told by the hash's length.
        var function = segments.Length > used ? DigestFunction.Find(segments[used]) : null;
        if (function is not null)
        {
            used += function.IsNamed ? 1 : throw new ResourceNameException($"\"{name}\" names the digest function {function}, which the length of the hash tells; leave it out.");
        }

        if (segments.Length < used + 2)
        {
            throw new ResourceNameException($"\"{name}\" ends before the size; write [instance/]blobs/hash/size.");
        }

        var hash = segments[used];
        if (!long.TryParse(segments[used + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
        {
            throw new ResourceNameException($"\"{name}\": \"{segments[used + 1]}\" is not a size in bytes.");
        }

        used += 2;
        return Digest.TryParse(hash, size, function, out var digest, out var problem)
            ? digest
            : throw new ResourceNameException($"\"{name}\": {problem}.");
    }

    /// <summary>How many segments say that the blob is compressed, and by what.</summary>
    private static int CheckCompressor(string name, ReadOnlySpan<string> segments) => (segments.Length > 1 ? segments[1] : "") switch
    {
        "zstd" when LibZstd.IsHere => 2,
        "zstd" or "deflate" or "brotli" => throw new UnsupportedCompressorException(
            $"\"{name}\": this server does not have {segments[1]}; use blobs/hash/size, or what its capabilities list."),
        _ => throw new ResourceNameException($"\"{name}\" names no compressor of the contract."),
    };
}
