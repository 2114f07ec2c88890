namespace BuildFarm.Worker.Containers;

/// <summary>What a container may use.</summary>
/// <param name="MemoryBytes">Memory, with no swap beyond it; everything written to /tmp and HOME counts.</param>
/// <param name="CpuMillis">Thousandths of a CPU: the share it gets when others want the CPU too.</param>
/// <param name="HardCpu">May not use more than its share even on an idle machine.</param>
/// <param name="ScratchBytes">Size of /tmp, HOME and /dev/shm together.</param>
internal sealed record ContainerLimits(long MemoryBytes, long CpuMillis, bool HardCpu, long ScratchBytes)
{
    private const long BytesForAFile = 4096;
    private const int FewestScratchFiles = 16_384;
    private const int MostScratchFiles = 1_000_000;

    /// <summary>Files, folders and links in /tmp, HOME and /dev/shm together; each takes kernel memory too.</summary>
    public int ScratchFiles { get; init; } = (int)Math.Clamp(ScratchBytes / BytesForAFile, FewestScratchFiles, MostScratchFiles);

    /// <summary>Bytes on disk that a task may write to its workspace.</summary>
    public long WorkspaceBytes { get; init; } = 50L << 30;

    /// <summary>Files, folders and links that a task may make in its workspace.</summary>
    public int WorkspaceFiles { get; init; } = 1_000_000;

    /// <summary>Processes and threads.</summary>
    public int Processes { get; init; } = 1024;

    /// <summary>Open files of one process.</summary>
    public int OpenFiles { get; init; } = OpenFileLimit.Available;
}
