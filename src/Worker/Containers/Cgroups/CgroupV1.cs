using BuildFarm.Worker.Native;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>A task's cgroup, version 1.</summary>
internal sealed class CgroupV1 : ICgroup
{
    private readonly CgroupsV1 owner;
    private readonly string id;
    private readonly string memory;
    private readonly string pids;
    private readonly string cpu;
    private readonly string? accounting;
    private readonly string? disks;
    private readonly SafeFileHandle outOfMemory;
    private long _outOfMemoryEvents;

    public CgroupV1(CgroupsV1 owner, string id, string memory, string pids, string cpu, string? accounting, string? disks)
    {
        this.owner = owner;
        this.id = id;
        this.memory = memory;
        this.pids = pids;
        this.cpu = cpu;
        this.accounting = accounting;
        this.disks = disks;
        outOfMemory = CountOutOfMemory(memory);
    }

    public string RuntimePath => owner.RuntimePath(id);

    public CgroupUsage ReadUsage()
    {
        var nanoseconds = accounting is null ? 0 : KernelFile.ReadNumber($"{accounting}/cpuacct.usage");
        var limit = KernelFile.ReadNumber($"{pids}/pids.max");
        // Linux 6.11 has it.
        var processes = KernelFile.ReadNumber($"{pids}/pids.peak");
        return new CgroupUsage(
            KernelFile.ReadNumber($"{memory}/memory.max_usage_in_bytes"),
            TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick),
            // Reading takes the count away.
            Interlocked.Add(ref _outOfMemoryEvents, ReadCount(outOfMemory)),
            // Version 1 counts refused forks in the child alone, which is gone by now.
            limit > 0 && processes >= limit)
        {
            PeakProcesses = processes,
            Disk = disks is null ? default : DiskCounters.ReadV1(KernelFile.TryRead($"{disks}/blkio.throttle.io_service_bytes_recursive")),
        };
    }

    public IReadOnlyList<(string Name, string Folder)> Folders => [("memory", memory), ("cpu", cpu)];

    public IReadOnlyList<int> Processes() => CgroupFolder.Processes(pids);

    public IDisposable? TryEnter() => owner.Enter(id);

    public string ProcessesFile => $"{pids}/cgroup.procs";

    public void CountHere(int process)
    {
        if (disks is not null)
            KernelFile.TryWrite($"{disks}/cgroup.procs", process.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    public void Signal(int signal, int spared = 0) => CgroupFolder.Signal(pids, signal, spared);

    public void KillAll() => CgroupFolder.KillAll(pids);

    public void Remove() => owner.Remove(id);

    public void Dispose() => outOfMemory.Dispose();

    /// <summary>
    /// An event counter that the kernel raises when this cgroup's limit is hit and nothing can be reclaimed. The counter in
    /// <c>memory.oom_control</c> would not do: version 1 keeps it in the child, which goes with the container.
    /// </summary>
    private static SafeFileHandle CountOutOfMemory(string memory)
    {
        var counter = Libc.Handle(Libc.EventFile(0, Libc.OpenCloseOnExec | Libc.OpenNonBlocking), "make an event");
        using var control = Libc.Handle(
            Libc.OpenAt(Libc.AtCurrentDirectory, $"{memory}/memory.oom_control", Libc.OpenReadOnly | Libc.OpenCloseOnExec, 0), "open memory.oom_control");
        KernelFile.Write($"{memory}/cgroup.event_control", $"{Libc.Number(counter)} {Libc.Number(control)}");
        return counter;
    }

    private static unsafe long ReadCount(SafeFileHandle counter)
    {
        ulong count;
        return Libc.Read(Libc.Number(counter), (byte*)&count, sizeof(ulong)) == sizeof(ulong) ? (long)count : 0;
    }
}
