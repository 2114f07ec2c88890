using System.IO.Compression;
using BuildFarm.Journal.V1;
using BuildFarm.V1;
using Google.Protobuf;

namespace BuildFarm.Coordinator.History;

/// <summary>How stores keep a finished job: its header as it is, for lists; everything, compressed, for who asks for it.</summary>
internal static class FinishedJobFormat
{
    public static byte[] WriteHeader(FinishedJob job) => job.ToHeader().ToByteArray();

    public static Job ReadHeader(ReadOnlySpan<byte> header) => Job.Parser.ParseFrom(header);

    public static byte[] Write(FinishedJob job)
    {
        using var bytes = new MemoryStream();
        using (var compressed = new ZLibStream(bytes, CompressionLevel.Fastest))
        {
            new FinishedJobRecord { Job = job.Job, Events = { job.Events } }.WriteTo(compressed);
        }

        return bytes.ToArray();
    }

    public static FinishedJob Read(byte[] bytes)
    {
        using var compressed = new ZLibStream(new MemoryStream(bytes), CompressionMode.Decompress);
        var record = FinishedJobRecord.Parser.ParseFrom(compressed);
        return new FinishedJob(record.Job, record.Events);
    }
}
