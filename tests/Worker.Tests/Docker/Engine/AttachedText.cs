using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Tests.Docker.Engine;

/// <summary>Reads a stream of a container to its end.</summary>
internal static class AttachedText
{
    public static async Task<string> ReadAsync(IOutputStream stream)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await stream.ReadToEndAsync(guard.Token);
    }
}
