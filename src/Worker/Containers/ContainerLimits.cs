namespace BuildFarm.Worker.Containers;

/// <summary>What a container may use.</summary>
/// <param name="MemoryBytes">Memory, with no swap beyond it; everything written to /tmp and HOME counts.</param>
/// <param name="CpuMillis">Thousandths of a CPU: the share it gets when others want the CPU too.</param>
/// <param name="HardCpu">May not use more than its share even on an idle machine.</param>
/// <param name="ScratchBytes">Size of /tmp and of HOME, each.</param>
internal sealed record ContainerLimits(long MemoryBytes, long CpuMillis, bool HardCpu, long ScratchBytes)
{
    /// <summary>Processes and threads.</summary>
    public int Processes { get; init; } = 1024;

    /// <summary>Open files of one process.</summary>
    public int OpenFiles { get; init; } = OpenFileLimit.Available;
}
