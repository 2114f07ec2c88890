using System.Globalization;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>What is alike in both versions: folders are cgroups, and <c>cgroup.procs</c> lists who is in one.</summary>
internal static class CgroupFolder
{
    private const int KillSignal = 9;

    /// <summary>Sends a signal to every process in a cgroup and those below.</summary>
    public static void Signal(string folder, int signal)
    {
        foreach (var process in Processes(folder))
            _ = Libc.Kill(process, signal);
    }

    /// <summary>Removes a cgroup and those below, killing what is in them.</summary>
    /// <returns>False when something in it would not die within the tries.</returns>
    public static bool Remove(string folder)
    {
        if (TryRemoveTree(folder))
            return true;
        const int Tries = 200;
        for (var i = 0; i < Tries; i++)
        {
            Signal(folder, KillSignal);
            if (TryRemoveTree(folder))
                return true;
            // A killed process leaves its cgroup when it has been reaped, a moment later.
            Thread.Yield();
            using var pause = new ManualResetEventSlim();
            pause.Wait(TimeSpan.FromMilliseconds(5));
        }

        return false;
    }

    /// <summary>Removes a cgroup that nobody uses; nothing happens when it has others below.</summary>
    public static void RemoveIfEmpty(string folder) => TryRemoveLeaf(folder);

    private static bool TryRemoveTree(string folder)
    {
        if (!Directory.Exists(folder))
            return true;
        foreach (var child in Directory.EnumerateDirectories(folder))
        {
            if (!TryRemoveTree(child))
                return false;
        }

        return TryRemoveLeaf(folder);
    }

    private static unsafe bool TryRemoveLeaf(string folder)
    {
        fixed (byte* path = System.Text.Encoding.UTF8.GetBytes(folder + '\0'))
            return Libc.UnlinkAt(Libc.AtCurrentDirectory, path, Libc.AtRemoveDirectory) == 0 || LinuxError.LastNumber == LinuxError.NoSuchFile;
    }

    private static List<int> Processes(string folder)
    {
        var processes = new List<int>();
        foreach (var line in (KernelFile.TryRead($"{folder}/cgroup.procs") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // Zero is a process of a pid namespace that this worker cannot see.
            if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var process) && process > 0)
                processes.Add(process);
        }

        if (Directory.Exists(folder))
        {
            foreach (var child in Directory.EnumerateDirectories(folder))
                processes.AddRange(Processes(child));
        }

        return processes;
    }
}
