using System.Text;
using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Tests.Docker.Engine;

/// <summary>Reads a stream of a container to its end.</summary>
internal static class AttachedText
{
    public static async Task<string> ReadAsync(IOutputStream stream)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var text = new StringBuilder();
        var buffer = new byte[1000];
        while (true)
        {
            var read = stream.TryRead(buffer);
            if (read == 0)
                return text.ToString();
            if (read > 0)
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            else
                await stream.WaitAsync(guard.Token);
        }
    }
}
