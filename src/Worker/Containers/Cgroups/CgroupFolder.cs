using System.Globalization;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>What is alike in both versions: folders are cgroups, and <c>cgroup.procs</c> lists who is in one.</summary>
internal static class CgroupFolder
{
    private const int KillSignal = 9;
    private const int Tries = 200;

    // Half a minute for processes that are still there: a killed one needs the CPU once more to end, and its disk when it waits for that.
    private const int MostTries = 6000;

    /// <summary>Sends a signal to every process in a cgroup and those below, never to the worker itself.</summary>
    /// <param name="folder">The cgroup.</param>
    /// <param name="signal">Its number.</param>
    /// <param name="spared">A process that does not get it; 0 for none.</param>
    /// <returns>How many processes there were.</returns>
    public static int Signal(string folder, int signal, int spared = 0)
    {
        var count = 0;
        foreach (var process in Processes(folder))
        {
            // A thread of the worker is in a task's cgroup while it starts the runtime there.
            if (process == spared || process == Environment.ProcessId)
            {
                continue;
            }

            _ = Libc.Kill(process, signal);
            count++;
        }

        return count;
    }

    /// <summary>Kills until nothing is left in a cgroup and those below.</summary>
    /// <returns>False when something in it would not die within the tries.</returns>
    public static bool KillAll(string folder)
    {
        for (var i = 0; i < MostTries; i++)
        {
            if (Signal(folder, KillSignal) == 0)
            {
                return true;
            }

            Pause();
        }

        return false;
    }

    /// <summary>Removes a cgroup and those below, killing what is in them.</summary>
    /// <returns>False when something in it would not die within the tries.</returns>
    public static bool Remove(string folder)
    {
        if (TryRemoveTree(folder))
            return true;
        for (var (tries, empty) = (0, 0); tries < MostTries && empty < Tries; tries++)
        {
            // Without a process in it is in use for another reason, which waiting does not end.
            if (Signal(folder, KillSignal) == 0)
                empty++;
            if (TryRemoveTree(folder))
                return true;
            Pause();
        }

        return false;
    }

    /// <summary>What to say of a cgroup that could not be removed.</summary>
    public static IOException StillInUse(string folder) =>
        new($"the cgroup {folder} is in use although everything in it was killed; look for processes in state D on this machine");

    /// <summary>Makes a cgroup and those above it. Another worker that ends removes an empty one that it shares with this one, between the two steps too.</summary>
    public static string Make(string folder)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return Directory.CreateDirectory(folder).FullName;
            }
            catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException && tries < MostTries)
            {
                // The next try makes it again.
            }
        }
    }

    /// <summary>Removes a cgroup that nobody uses; nothing happens when it has others below.</summary>
    public static void RemoveIfEmpty(string folder) => TryRemoveLeaf(folder);

    /// <summary>The processes in a cgroup and those below.</summary>
    public static List<int> Processes(string folder)
    {
        var processes = new List<int>();
        foreach (var line in (KernelFile.TryRead($"{folder}/cgroup.procs") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // Zero is a process of a pid namespace that this worker cannot see.
            if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var process) && process > 0)
                processes.Add(process);
        }

        foreach (var child in Children(folder))
            processes.AddRange(Processes(child));
        return processes;
    }

    /// <summary>The cgroups right below one; none when it is gone, or goes meanwhile: a runtime or a daemon removes its own.</summary>
    public static string[] Children(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];
        }
        catch (IOException) when (!Directory.Exists(folder))
        {
            return [];
        }
    }

    /// <summary>A killed process leaves its cgroup a moment later.</summary>
    private static void Pause()
    {
        using var pause = new ManualResetEventSlim();
        pause.Wait(TimeSpan.FromMilliseconds(5));
    }

    private static bool TryRemoveTree(string folder)
    {
        foreach (var child in Children(folder))
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
}
