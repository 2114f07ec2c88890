namespace BuildFarm.Worker.Outputs;

/// <summary>Counts what one task's outputs take and stops at the limits.</summary>
internal sealed class OutputMeter(OutputLimits limits)
{
    private int entries;
    private long bytes;

    /// <summary>Entries that may still come.</summary>
    public int EntriesLeft => limits.MaxEntries - entries;

    public void Enter(string path, int depth)
    {
        if (depth > limits.MaxDepth)
            throw new OutputLimitException($"output {path} is deeper than {limits.MaxDepth} folders");
    }

    public void AddEntries(string path, int count)
    {
        entries += count;
        if (entries > limits.MaxEntries)
            throw new OutputLimitException($"the outputs have more than {limits.MaxEntries} entries (at {path})");
    }

    public void AddFile(string path, long size)
    {
        bytes += size;
        if (size > limits.MaxFileBytes)
            throw new OutputLimitException($"output {path} has {size} bytes; one file may have {limits.MaxFileBytes}");
        if (bytes > limits.MaxTotalBytes)
            throw new OutputLimitException($"the outputs have more than {limits.MaxTotalBytes} bytes (at {path})");
    }
}
