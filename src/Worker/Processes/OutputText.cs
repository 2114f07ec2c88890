using System.Buffers;
using System.Text;

namespace BuildFarm.Worker.Processes;

/// <summary>A small output as text.</summary>
internal static class OutputText
{
    /// <summary>Reads a stream to its end; what is not UTF-8 becomes replacement characters.</summary>
    public static async Task<string> ReadToEndAsync(this IOutputStream stream, CancellationToken cancellationToken)
    {
        var bytes = new ArrayBufferWriter<byte>();
        while (true)
        {
            var read = stream.TryRead(bytes.GetSpan(4096));
            if (read == 0)
                return Encoding.UTF8.GetString(bytes.WrittenSpan);
            if (read > 0)
                bytes.Advance(read);
            else
                await stream.WaitAsync(cancellationToken);
        }
    }
}
