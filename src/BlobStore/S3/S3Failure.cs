using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace BuildFarm.BlobStore.S3;

/// <summary>What the failures of S3 mean, in one line each. No line has a credential in it.</summary>
internal static class S3Failure
{
    /// <summary>It is one of the connection's, the server's or the SDK's, and none of our own.</summary>
    public static bool IsFailure(Exception e) =>
        e is AmazonServiceException or AmazonClientException or HttpRequestException or IOException and not BlobStoreException
            or OperationCanceledException or TimeoutException or WebException;

    /// <summary>There is no such object, or an empty one in its place; a bucket that is not there is something else.</summary>
    public static bool IsNotFound(Exception e) =>
        e is AmazonS3Exception { StatusCode: HttpStatusCode.RequestedRangeNotSatisfiable }
        || (e is AmazonS3Exception { StatusCode: HttpStatusCode.NotFound } s3 && s3.ErrorCode != "NoSuchBucket");

    public static BlobStoreException Of(Exception e, string what, string where, S3Options options) => e switch
    {
        AmazonS3Exception { StatusCode: HttpStatusCode.InsufficientStorage } s3 =>
            new BlobStoreFullException($"{where} has no room ({CodeOf(s3)}); could not {what}. Free some space there.", e),
        AmazonS3Exception s3 when s3.ErrorCode is "QuotaExceeded" or "XMinioStorageFull" =>
            new BlobStoreFullException($"{where} has no room ({s3.ErrorCode}); could not {what}. Free some space there, or raise the quota.", e),
        AmazonS3Exception s3 => new BlobStoreUnavailableException($"{where} {Refusal(s3, options)}; could not {what}. {Remedy(s3)}", e),
        _ when IsLate(e) =>
            new BlobStoreUnavailableException($"{where} did not answer within {options.Timeout.TotalSeconds:0.###} s, {options.Retries + 1} times; could not {what}. Try again later.", e),
        AmazonClientException when e is not AmazonServiceException && IsAboutCredentials(e) =>
            new BlobStoreUnavailableException($"There are no credentials for {where}; could not {what}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a credentials file.", e),
        _ => new BlobStoreUnavailableException($"{where} cannot be reached ({OneLine(Innermost(e))}); could not {what}. Check the address, then try again.", e),
    };

    private static string Refusal(AmazonS3Exception e, S3Options options) => e.ErrorCode switch
    {
        "NoSuchBucket" => "has no such bucket",
        "SignatureDoesNotMatch" => "refuses the signature of these credentials (SignatureDoesNotMatch)",
        "InvalidAccessKeyId" => "does not know the access key (InvalidAccessKeyId)",
        "ExpiredToken" or "InvalidToken" => $"refuses the session token ({e.ErrorCode})",
        "RequestTimeTooSkewed" => "refuses the time of the request (RequestTimeTooSkewed)",
        _ when (int)e.StatusCode >= 500 => $"answered {(int)e.StatusCode} {CodeOf(e)}, {options.Retries + 1} times",
        _ => $"refuses ({(int)e.StatusCode} {CodeOf(e)})",
    };

    private static string Remedy(AmazonS3Exception e) => e.ErrorCode switch
    {
        "NoSuchBucket" => "Make the bucket, or name another.",
        "SignatureDoesNotMatch" => "The secret key or the region is wrong: mend them.",
        "InvalidAccessKeyId" or "ExpiredToken" or "InvalidToken" => "Mend the credentials.",
        "RequestTimeTooSkewed" => "Set this machine's clock.",
        _ when e.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized =>
            "Check the credentials, and that they may get, put, list and delete objects of the bucket.",
        _ when (int)e.StatusCode >= 500 => "Try again later.",
        _ => "Check the options of the bucket.",
    };

    private static string CodeOf(AmazonS3Exception e) => string.IsNullOrEmpty(e.ErrorCode) ? e.StatusCode.ToString() : e.ErrorCode;

    // The SDK has no type of its own for it.
    private static bool IsAboutCredentials(Exception e) => e.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase);

    // The caller has not cancelled, so whoever did it inside the SDK meant its time limit, whatever the SDK wraps that in.
    private static bool IsLate(Exception? e) => e is not null && (e is OperationCanceledException or TimeoutException || IsLate(e.InnerException));

    private static Exception Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return e;
    }

    private static string OneLine(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
