using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.S3;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.S3;

/// <summary>One bucket: its client, how its keys are made, and what its failures mean.</summary>
public sealed class S3Bucket : IDisposable
{
    private readonly AmazonS3Client _client;

    private S3Bucket(S3Options options, AmazonS3Client client)
    {
        Options = options;
        _client = client;
        IsTls = !options.Endpoint.StartsWith("http://", StringComparison.OrdinalIgnoreCase);
        Where = $"s3://{options.Bucket}/{options.Prefix}{(options.Endpoint.Length > 0 ? $" at {options.Endpoint}" : "")}";
        Turns = new SemaphoreSlim(options.MaxConcurrency);
    }

    /// <summary>What it was made from.</summary>
    public S3Options Options { get; }

    /// <summary>Its name, for people.</summary>
    public string Where { get; }

    /// <summary>The connection is encrypted, so that bodies need no signature of their own.</summary>
    internal bool IsTls { get; }

    /// <summary>Bounds what is under way at once.</summary>
    internal SemaphoreSlim Turns { get; }

    /// <summary>Makes the client. Nothing is sent yet, so it succeeds while the server is down.</summary>
    /// <exception cref="InvalidDataException">The credentials file has no such profile.</exception>
    public static S3Bucket Open(S3Options options) => Open(options, transport: null);

    /// <param name="options">As above.</param>
    /// <param name="transport">Instead of the SDK's own connections.</param>
    internal static S3Bucket Open(S3Options options, Amazon.Runtime.HttpClientFactory? transport)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle,
            Timeout = options.Timeout,
            ConnectTimeout = options.Timeout,
            MaxErrorRetry = options.Retries,
            RetryMode = RequestRetryMode.Standard,
            RequestChecksumCalculation = options.Checksums ? RequestChecksumCalculation.WHEN_SUPPORTED : RequestChecksumCalculation.WHEN_REQUIRED,
            // Every blob is compared with its digest here anyway.
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            HttpClientFactory = transport,
        };
        if (options.Endpoint.Length > 0)
        {
            config.ServiceURL = options.Endpoint;
            config.AuthenticationRegion = options.Region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        if (options.Profile.Length > 0 && options.CredentialsFile.Length == 0)
        {
            config.Profile = new Profile(options.Profile);
        }

        return new S3Bucket(options, options.CredentialsFile.Length > 0 ? new AmazonS3Client(ReadCredentials(options), config) : new AmazonS3Client(config));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _client.Dispose();
        Turns.Dispose();
    }

    internal string KeyOf(in Digest digest) => $"{Options.Prefix}blobs/{digest.Function.Name}/{digest.HashHex}";

    internal string KeyOfRecord(string folder, string name) => $"{Options.Prefix}{folder}/{name}";

    /// <summary>Sends a request, with the SDK's retries, and says what its failure means.</summary>
    /// <param name="what">What is done, for people: "read blob …".</param>
    /// <param name="call">The request.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BlobStoreUnavailableException">The server does not answer, or refuses.</exception>
    /// <exception cref="BlobStoreFullException">The server has no room.</exception>
    internal async Task<T> SendAsync<T>(string what, Func<IAmazonS3, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(_client, cancellationToken);
        }
        catch (Exception e) when (S3Failure.IsFailure(e) && !cancellationToken.IsCancellationRequested && !S3Failure.IsNotFound(e))
        {
            throw S3Failure.Of(e, what, Where, Options);
        }
    }

    private static AWSCredentials ReadCredentials(S3Options options)
    {
        var profile = options.Profile.Length > 0 ? options.Profile : "default";
        return new CredentialProfileStoreChain(options.CredentialsFile).TryGetAWSCredentials(profile, out var credentials)
            ? credentials
            : throw new InvalidDataException($"{options.CredentialsFile} has no profile '{profile}' with an aws_access_key_id and an aws_secret_access_key. Add it, or name another.");
    }
}
