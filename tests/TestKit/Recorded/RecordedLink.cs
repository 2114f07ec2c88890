namespace BuildFarm.TestKit.Recorded;

/// <summary>What a worker and a coordinator of an older release said to each other; README.md beside the files says how they were made.</summary>
public static class RecordedLink
{
    /// <summary>The messages of a recording, in order.</summary>
    public static IReadOnlyList<(bool FromWorker, byte[] Bytes)> Load(string name) =>
    [
        .. Directory.GetFiles(Path.Combine(SourceFolder.Of(), name), "*.bin").Order(StringComparer.Ordinal)
            .Select(static file => (file.EndsWith("-worker.bin", StringComparison.Ordinal), File.ReadAllBytes(file))),
    ];

    /// <summary>Writes a recording.</summary>
    public static void Save(string folder, IEnumerable<(bool FromWorker, byte[] Bytes)> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Directory.CreateDirectory(folder);
        foreach (var (number, (fromWorker, bytes)) in messages.Index())
        {
            File.WriteAllBytes(Path.Combine(folder, $"{number + 1:000}-{(fromWorker ? "worker" : "coordinator")}.bin"), bytes);
        }
    }
}
