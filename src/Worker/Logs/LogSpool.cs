using System.Buffers;
using System.Text;
using BuildFarm.BlobStore;
using BuildFarm.Digests;
using Google.Protobuf;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Logs;

/// <summary>Keeps a stream until its digest is known: in memory while it is short, then in a file.</summary>
/// <param name="path">Where the file goes, when one is needed.</param>
internal sealed class LogSpool(string path) : IDisposable
{
    /// <summary>Streams up to this many bytes are part of the ActionResult itself.</summary>
    public const int InlineBytes = 4096;

    private const int MemoryBytes = 64 * 1024;
    private readonly ArrayBufferWriter<byte> memory = new(1024);
    private SafeFileHandle? file;

    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (file is null && Length + bytes.Length <= MemoryBytes)
        {
            memory.Write(bytes);
        }
        else
        {
            if (file is null)
            {
                file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
                RandomAccess.Write(file, memory.WrittenSpan, 0);
            }

            RandomAccess.Write(file, bytes, Length);
        }

        Length += bytes.Length;
    }

    /// <summary>Stores the whole.</summary>
    public async ValueTask<CapturedLog> StoreAsync(IFileBlobStore store, DigestFunction function, CancellationToken cancellationToken)
    {
        if (Length == 0)
            return new CapturedLog(function.EmptyBlob, ByteString.Empty, "");
        var digest = file is null
            ? await store.PutBytesAsync(memory.WrittenMemory, function, cancellationToken)
            : await store.AddFileAsync(file, function, cancellationToken);
        return new CapturedLog(digest, Length <= InlineBytes ? ByteString.CopyFrom(memory.WrittenSpan) : ByteString.Empty, Tail());
    }

    public void Dispose() => file?.Dispose();

    private string Tail()
    {
        var bytes = new byte[Math.Min(Length, InlineBytes)];
        if (file is null)
            memory.WrittenSpan[^bytes.Length..].CopyTo(bytes);
        else
            RandomAccess.Read(file, bytes, Length - bytes.Length);
        return Encoding.UTF8.GetString(bytes);
    }
}
