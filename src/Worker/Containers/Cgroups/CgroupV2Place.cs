using System.Globalization;

namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>The cgroup of version 2 that is the worker's to divide among its tasks.</summary>
internal static class CgroupV2Place
{
    /// <summary>What the cgroups of tasks need of those above.</summary>
    public const string Controllers = "+memory +pids +cpu";

    private const string Agent = "/buildfarm-agent";
    private const string Logins = "/user.slice/";
    private const int Rounds = 20;

    /// <summary>Where it is below the mount; empty for the hierarchy's root.</summary>
    /// <param name="own">The worker's own cgroup, as <c>/proc/self/cgroup</c> has it.</param>
    /// <param name="isRoot">The worker is root of the machine.</param>
    /// <remarks>The same at every start, whatever an earlier one has moved.</remarks>
    public static string Of(string own, bool isRoot)
    {
        // What somebody is logged in to is the session manager's, with others' processes in it. There root does as container engines do.
        if (isRoot && own.StartsWith(Logins, StringComparison.Ordinal))
            return "";
        return own.EndsWith(Agent, StringComparison.Ordinal) ? own[..^Agent.Length] : own.TrimEnd('/');
    }

    /// <summary>Lets a cgroup hand its controllers down.</summary>
    /// <remarks>
    /// It may hold no processes then (the machine's root excepted): the worker, and what came with it (a container's process 1, the shell
    /// that started it), move into a child of their own.
    /// </remarks>
    /// <param name="folder">Where it is mounted.</param>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void HandDown(string folder)
    {
        if (!HandsDown(folder))
        {
            for (var round = 0; round < Rounds && HasProcesses(folder, out var processes); round++)
                MoveToAgent(folder, processes);
            KernelFile.Write($"{folder}/cgroup.subtree_control", Controllers);
        }

        // It counts and limits nothing: where it is not handed down, what goes to disks is not known.
        KernelFile.TryWrite($"{folder}/cgroup.subtree_control", "+io");
    }

    private static bool HandsDown(string folder)
    {
        var handed = (KernelFile.TryRead($"{folder}/cgroup.subtree_control") ?? "").Split(' ', '\n');
        return Controllers.Split(' ').All(controller => handed.Contains(controller[1..], StringComparer.Ordinal));
    }

    /// <summary>False for the machine's root too, which may hold some: it alone has no type.</summary>
    private static bool HasProcesses(string folder, out string[] processes)
    {
        processes = File.Exists($"{folder}/cgroup.type")
            ? (KernelFile.TryRead($"{folder}/cgroup.procs") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : [];
        return processes.Length > 0;
    }

    private static void MoveToAgent(string folder, string[] processes)
    {
        Directory.CreateDirectory(folder + Agent);
        // The worker is always one of them, and must be let.
        KernelFile.Write($"{folder}{Agent}/cgroup.procs", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        foreach (var process in processes)
            KernelFile.TryWrite($"{folder}{Agent}/cgroup.procs", process);
    }
}
