using System.Net;

namespace BuildFarm.BlobStore.S3;

/// <summary>
/// A bucket of S3, or of a server that speaks its protocol. Credentials are no options: they come from the environment, the
/// shared credentials file or the machine, as the AWS SDK looks for them.
/// </summary>
public sealed record S3Options
{
    private const long SmallestPart = 5L << 20;

    /// <summary>The bucket. Required; it must be there.</summary>
    public string Bucket { get; init; } = "";

    /// <summary>What all keys begin with, such as <c>farm/</c>; lifecycle rules go by it. Empty for none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Address of the server; empty for AWS's own in <see cref="Region"/>. Plain http is for loopback alone.</summary>
    public string Endpoint { get; init; } = "";

    /// <summary>The region that requests are signed for.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>The bucket is in the path and not in the host name, as most servers other than AWS want it.</summary>
    public bool PathStyle { get; init; }

    /// <summary>A credentials file in AWS's format to use instead of all that the SDK would look for; empty for those.</summary>
    public string CredentialsFile { get; init; } = "";

    /// <summary>The profile of that file, or of the SDK's own; empty for the default one.</summary>
    public string Profile { get; init; } = "";

    /// <summary>Bytes above which a blob goes up in parts, and the size of those; from 5 MiB on. Very large blobs have larger parts.</summary>
    public long PartBytes { get; init; } = 8L << 20;

    /// <summary>Requests under way at once: look-ups of one question, and parts of all uploads.</summary>
    public int MaxConcurrency { get; init; } = 64;

    /// <summary>How long one attempt may take, or a transfer stand still.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Further attempts after a failed one, with growing waits of random length between.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>
    /// Sends checksums that the server verifies. Off only for servers that do not know them; a wrong upload is then found when it
    /// is read.
    /// </summary>
    public bool Checksums { get; init; } = true;

    /// <summary>
    /// Age from which an object that somebody asks for is made young again by a copy onto itself, for buckets whose lifecycle
    /// rules expire objects by age: well below theirs. Null where nothing expires.
    /// </summary>
    public TimeSpan? TouchAfter { get; init; }

    /// <summary>One line for each problem, beginning with the name of the option.</summary>
    public IEnumerable<string> FindProblems()
    {
        if (Bucket.Length == 0)
        {
            yield return $"{nameof(Bucket)}: name the bucket";
        }

        if (Prefix.StartsWith('/') || (Prefix.Length > 0 && !Prefix.EndsWith('/')))
        {
            yield return $"{nameof(Prefix)}: '{Prefix}' must end with a slash and not begin with one";
        }

        if (Endpoint.Length > 0 && ProblemOf(Endpoint) is { } problem)
        {
            yield return $"{nameof(Endpoint)}: {problem}";
        }

        if (Endpoint.Length == 0 && Region.Length == 0)
        {
            yield return $"{nameof(Region)}: name the region, or an {nameof(Endpoint)}";
        }

        if (CredentialsFile.Length > 0 && !File.Exists(CredentialsFile))
        {
            yield return $"{nameof(CredentialsFile)}: there is no file {CredentialsFile}";
        }

        if (PartBytes is < SmallestPart or > 1 << 30)
        {
            yield return $"{nameof(PartBytes)}: {PartBytes} is not between {SmallestPart} and {1 << 30}";
        }

        if (MaxConcurrency < 1 || Retries < 0 || Timeout <= TimeSpan.Zero || TouchAfter <= TimeSpan.Zero)
        {
            yield return $"{nameof(MaxConcurrency)} must be at least 1, {nameof(Retries)} at least 0, {nameof(Timeout)} and {nameof(TouchAfter)} a time";
        }
    }

    private static string? ProblemOf(string endpoint)
    {
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            return $"'{endpoint}' is not https://host or, on loopback, http://host:port";
        }

        if (uri.UserInfo.Length > 0)
        {
            return "credentials do not belong into an address; use the environment or a credentials file";
        }

        var isLoopback = uri.IsLoopback || (IPAddress.TryParse(uri.Host, out var address) && IPAddress.IsLoopback(address));
        return uri.Scheme == "https" || isLoopback ? null : $"'{endpoint}' is without TLS, which only loopback may be; write https://";
    }
}
