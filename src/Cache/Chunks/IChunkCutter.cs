namespace BuildFarm.Cache.Chunks;

/// <summary>One of the contract's chunking functions, over one blob: asked again and again where the next chunk ends.</summary>
internal interface IChunkCutter
{
    /// <summary>A blob of fewer bytes is its own only chunk.</summary>
    int CutsFrom { get; }

    /// <summary>From the start of a chunk, how many bytes may decide where it ends.</summary>
    int LooksAhead { get; }

    /// <summary>Length of the next chunk.</summary>
    /// <param name="content">From the end of the chunk before on: at least <see cref="LooksAhead"/>, or all that is left.</param>
    int Cut(ReadOnlySpan<byte> content);
}
