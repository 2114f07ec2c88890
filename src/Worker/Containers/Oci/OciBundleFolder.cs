using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>The bundle of one container, in the memory of the worker's mount namespace.</summary>
/// <param name="path">As the runtime sees it.</param>
/// <param name="ownPath">The same folder, as every thread of the worker sees it.</param>
/// <param name="statePath">Where the runtime notes the container while it runs, likewise.</param>
internal sealed class OciBundleFolder(string path, string ownPath, string statePath)
{
    private const string Log = "runtime.log";

    public string Path => path;

    /// <summary>For the runtime to write its own errors to.</summary>
    public string LogPath => $"{path}/{Log}";

    public void WriteConfig(ReadOnlySpan<byte> config)
    {
        using var file = File.OpenHandle($"{ownPath}/config.json", FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(file, config, 0);
    }

    /// <summary>What the runtime logged: it logs errors of its own alone, never of the task. Null when nothing.</summary>
    public string? Problem()
    {
        var file = new FileInfo($"{ownPath}/{Log}");
        if (!file.Exists || file.Length == 0)
        {
            return null;
        }

        var text = File.ReadAllText(file.FullName).Trim();
        return text.Length == 0 ? null : text.ReplaceLineEndings("; ");
    }

    /// <summary>Removes it, and what a runtime that was killed has left.</summary>
    public void Remove()
    {
        TreeRemover.Remove(ownPath);
        TreeRemover.Remove(statePath);
    }
}
