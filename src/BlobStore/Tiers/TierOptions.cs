using BuildFarm.BlobStore.Nodes;
using BuildFarm.BlobStore.S3;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>What a tier is.</summary>
public enum TierKind
{
    /// <summary>Small blobs in this process's memory.</summary>
    Memory,

    /// <summary>Files of this machine, in the cache's folder.</summary>
    Disk,

    /// <summary>A bucket.</summary>
    S3,

    /// <summary>Another cache service.</summary>
    Remote,

    /// <summary>Several cache services that together are one.</summary>
    Nodes,
}

/// <summary>One tier of the cache. Which options count depends on its kind.</summary>
public sealed record TierOptions
{
    /// <summary>What it is. Required.</summary>
    public TierKind Kind { get; init; } = TierKind.Disk;

    /// <summary>When it gets what is written; for what is behind another tier.</summary>
    public TierWrites Writes { get; init; } = TierWrites.Through;

    /// <summary>Bytes that a memory tier may hold.</summary>
    public long MaxBytes { get; init; } = 256 << 20;

    /// <summary>Bytes of the largest blob that a memory tier keeps.</summary>
    public long LargestBlobBytes { get; init; } = 1 << 20;

    /// <summary>The bucket of a tier in S3.</summary>
    public S3Options S3 { get; init; } = new();

    /// <summary>Address of a remote cache, such as <c>https://cache:8980</c>.</summary>
    public string Address { get; init; } = "";

    /// <summary>The instance of a remote cache that blobs are read from and written to.</summary>
    public string Instance { get; init; } = "";

    /// <summary>
    /// Addresses of the nodes, with commas between. <c>{0..2}</c> stands for each number of the range: <c>http://cache-{0..2}.cache:8980</c>. Or
    /// <c>dns://NAME:PORT</c> for all addresses that a name has, as a headless service in Kubernetes.
    /// </summary>
    public string Addresses { get; init; } = "";

    /// <summary>Nodes that each blob and each result lies on.</summary>
    public int Copies { get; init; } = 2;

    /// <summary>File with the key that the nodes know the coordinator and their front by; empty: results are not kept on the nodes.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>How long one step with a remote cache or a node may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>One line for each problem, beginning with the name of the option.</summary>
    public IEnumerable<string> FindProblems()
    {
        switch (Kind)
        {
            case TierKind.Memory when MaxBytes < 1 || LargestBlobBytes < 1 || LargestBlobBytes > MaxBytes:
                yield return $"{nameof(LargestBlobBytes)}: {LargestBlobBytes} of {MaxBytes} bytes is no share of them";
                break;
            case TierKind.S3:
                foreach (var problem in S3.FindProblems())
                {
                    yield return $"{nameof(S3)}:{problem}";
                }

                break;
            case TierKind.Remote when ProblemOf(Address) is { } problem:
                yield return $"{nameof(Address)}: {problem}";
                break;
            case TierKind.Nodes:
                foreach (var problem in NodeAddresses.FindProblems(Addresses, Copies))
                {
                    yield return problem;
                }

                if (KeyFile.Length > 0 && !File.Exists(KeyFile))
                {
                    yield return $"{nameof(KeyFile)}: there is no file {KeyFile}";
                }

                break;
        }

        if (Timeout <= TimeSpan.Zero)
        {
            yield return $"{nameof(Timeout)}: {Timeout} is no time";
        }
    }

    /// <summary>What is wrong with the tiers as a whole, one line each.</summary>
    public static IEnumerable<string> FindProblems(IReadOnlyList<TierOptions> tiers)
    {
        ArgumentNullException.ThrowIfNull(tiers);
        for (var i = 0; i < tiers.Count; i++)
        {
            foreach (var problem in tiers[i].FindProblems())
            {
                yield return $"{i}:{problem}";
            }

            if (i > 0 && tiers[i].Kind <= tiers[i - 1].Kind && tiers[i].Kind <= TierKind.Disk)
            {
                yield return $"{i}:{nameof(Kind)}: {tiers[i].Kind} comes after {tiers[i - 1].Kind}; the order is memory, disk, and then what is far, memory and disk once at most";
            }

            if (i == 0 && tiers[i].Writes != TierWrites.Through)
            {
                yield return $"0:{nameof(Writes)}: the nearest tier is written to at once; leave it out";
            }
        }

        if (tiers is [{ Kind: TierKind.Memory }])
        {
            yield return $"0:{nameof(Kind)}: memory alone keeps nothing; add a tier behind it";
        }
    }

    internal static string? ProblemOf(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme is "http" or "https" or "unix")
            ? null
            : $"'{address}' is not http://host:port, https://host:port or unix:///path";
}
