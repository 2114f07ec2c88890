using BuildFarm.Digests;

namespace BuildFarm.Cli.Inputs;

/// <summary>Finds the digests of files, on as many cores as there are, reading only what the cache does not know.</summary>
public sealed class FileHasher(string root, DigestCache cache, TimeProvider time)
{
    /// <summary>The digest of each regular file, by its path.</summary>
    /// <exception cref="FarmException">A file cannot be read, or changes all the time.</exception>
    public async Task<Dictionary<string, Digest>> HashAsync(IEnumerable<InputEntry> entries, CancellationToken cancellationToken)
    {
        var digests = new Dictionary<string, Digest>(StringComparer.Ordinal);
        var unknown = new List<InputEntry>();
        foreach (var entry in entries.Where(entry => entry.Facts.Kind == FileKind.File))
        {
            if (cache.TryGet(entry.Path, entry.Facts, out var digest))
            {
                digests[entry.Path] = digest;
            }
            else
            {
                unknown.Add(entry);
            }
        }

        if (unknown.Count < 8)
        {
            foreach (var entry in unknown)
            {
                digests[entry.Path] = await HashFileAsync(entry, cancellationToken);
            }
        }
        else
        {
            var found = new Digest[unknown.Count];
            await Parallel.ForAsync(0, unknown.Count, cancellationToken, async (i, token) => found[i] = await HashFileAsync(unknown[i], token));
            for (var i = 0; i < found.Length; i++)
            {
                digests[unknown[i].Path] = found[i];
            }
        }

        cache.Save();
        return digests;
    }

    private async ValueTask<Digest> HashFileAsync(InputEntry entry, CancellationToken cancellationToken)
    {
        var path = Path.Combine(root, entry.Path);
        try
        {
            var now = time.GetUtcNow();
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var digest = await Digest.OfStreamAsync(file, DigestFunction.Sha256, cancellationToken);
            if (FileFacts.TryRead(path) is { } after && after == entry.Facts)
            {
                cache.Add(entry.Path, entry.Facts, digest, now);
            }

            return digest;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FarmException.Usage($"Cannot read the input {path}: {error.Message} Make it readable, or name it in .farmignore.", error);
        }
    }
}
