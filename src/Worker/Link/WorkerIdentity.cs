using System.Security.Cryptography;

namespace BuildFarm.Worker.Link;

/// <summary>Who this worker is.</summary>
/// <param name="Id">Stable across restarts.</param>
/// <param name="Incarnation">Fresh at each start.</param>
internal sealed record WorkerIdentity(string Id, string Incarnation)
{
    /// <summary>The name it was given; else the host's with a few digits, kept in a file so that a restart is the same worker.</summary>
    public static WorkerIdentity Load(WorkerOptions options)
    {
        var incarnation = Guid.NewGuid().ToString("n");
        if (options.Name.Length > 0)
            return new WorkerIdentity(options.Name, incarnation);
        Directory.CreateDirectory(options.DataDirectory);
        var file = Path.Combine(options.DataDirectory, "worker-id");
        if (!File.Exists(file))
            File.WriteAllText(file, $"{Environment.MachineName}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}");
        return new WorkerIdentity(File.ReadAllText(file).Trim(), incarnation);
    }
}
