using Digest = Build.Bazel.Remote.Execution.V2.Digest;

namespace BuildFarm.Cli.Connection;

/// <summary>ByteStream's resource names for blobs of the default instance.</summary>
public static class BlobNames
{
    /// <summary>For reading.</summary>
    public static string Read(Digest digest) => $"blobs/{digest.Hash}/{digest.SizeBytes}";

    /// <summary>For writing; each upload has a name of its own.</summary>
    public static string Write(Digest digest) => $"uploads/{Guid.NewGuid()}/blobs/{digest.Hash}/{digest.SizeBytes}";
}
