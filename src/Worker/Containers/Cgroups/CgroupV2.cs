namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>A task's cgroup, version 2. Its counters cover the child in which the container ran, gone or not.</summary>
/// <param name="folder">Where it is mounted.</param>
/// <param name="runtimePath">The child for the runtime.</param>
internal sealed class CgroupV2(string folder, string runtimePath) : ICgroup
{
    private const int KillSignal = 9;

    public string RuntimePath => runtimePath;

    public CgroupUsage ReadUsage() =>
        new(
            // memory.peak came with Linux 5.19.
            KernelFile.ReadNumber($"{folder}/memory.peak"),
            TimeSpan.FromMicroseconds(KernelFile.ReadNumber($"{folder}/cpu.stat", "usage_usec")),
            KernelFile.ReadNumber($"{folder}/memory.events", "oom_kill"),
            KernelFile.ReadNumber($"{folder}/pids.events", "max") > 0)
        {
            // pids.peak came with Linux 6.1.
            PeakProcesses = KernelFile.ReadNumber($"{folder}/pids.peak"),
            Disk = DiskCounters.ReadV2(KernelFile.TryRead($"{folder}/io.stat")),
        };

    public IReadOnlyList<(string Name, string Folder)> Folders => [("", folder)];

    public IReadOnlyList<int> Processes() => CgroupFolder.Processes(folder);

    public IDisposable? TryEnter() => null;

    public string ProcessesFile => $"{folder}/cgroup.procs";

    public void CountHere(int process)
    {
        // Its counters keep what children had.
    }

    public void Signal(int signal, int spared = 0)
    {
        // The kernel kills a whole cgroup at once, faster than it can fork (Linux 5.14).
        if (signal != KillSignal || spared != 0 || !KernelFile.TryWrite($"{folder}/cgroup.kill", "1"))
            CgroupFolder.Signal(folder, signal, spared);
    }

    public void KillAll() => CgroupFolder.KillAll(folder);

    public void Remove()
    {
        if (!CgroupFolder.Remove(folder))
        {
            throw CgroupFolder.StillInUse(folder);
        }
    }

    public void Dispose()
    {
    }
}
