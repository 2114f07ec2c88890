namespace BuildFarm.Cache;

/// <summary>Sizes that the cache tells its clients, and keeps.</summary>
internal static class Limits
{
    /// <summary>Content of one batch call, in bytes; gRPC's customary size of a message.</summary>
    public const int BatchBytes = 4 << 20;

    /// <summary>A request message: a full batch and its digests.</summary>
    public const int MessageBytes = BatchBytes + (2 << 20);

    /// <summary>Data of one ReadResponse. Large enough to be cheap, small enough that many readers take little memory.</summary>
    public const int ReadBytes = 256 * 1024;

    /// <summary>Content that one GetActionResult carries inline.</summary>
    public const int InlineBytes = 1 << 20;

    /// <summary>Directories of one GetTree.</summary>
    public const int TreeDirectories = 500_000;

    /// <summary>Directory messages of one GetTreeResponse, in bytes.</summary>
    public const int TreePageBytes = 2 << 20;

    /// <summary>Directories of one GetTreeResponse when the client does not say.</summary>
    public const int TreePageSize = 1000;
}
