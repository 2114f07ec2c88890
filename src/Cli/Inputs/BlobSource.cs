using BuildFarm.Digests;

namespace BuildFarm.Cli.Inputs;

/// <summary>A blob that may have to be sent: bytes in memory, or a file.</summary>
internal sealed record BlobSource(Digest Digest, ReadOnlyMemory<byte> Bytes, string? File)
{
    public Stream Open()
    {
        if (File is null)
        {
            return new MemoryStream(Bytes.ToArray());
        }

        try
        {
            return new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FarmException.Usage($"Cannot read the input {File}: {error.Message}", error);
        }
    }

    public async Task<ReadOnlyMemory<byte>> ReadAllAsync(CancellationToken cancellationToken)
    {
        await using var file = Open();
        var bytes = new byte[Digest.SizeBytes];
        var read = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return read == bytes.Length ? bytes : throw Changed();
    }

    public FarmException Changed() => FarmException.Usage($"The input {File} changed while it was being sent; run the command again when nothing writes to it.");
}
