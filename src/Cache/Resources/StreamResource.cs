using BuildFarm.Digests;

namespace BuildFarm.Cache.Resources;

/// <summary>What a ByteStream resource name names.</summary>
public abstract record StreamResource;

/// <summary><c>[{instance}/]blobs/{hash}/{size}</c>: a blob to read.</summary>
/// <param name="InstanceName">Empty for the default instance.</param>
/// <param name="Digest">The blob.</param>
/// <param name="IsCompressed">As zstd frames: <c>compressed-blobs/zstd/</c> instead of <c>blobs/</c>.</param>
public sealed record BlobResource(string InstanceName, Digest Digest, bool IsCompressed = false) : StreamResource;

/// <summary><c>[{instance}/]uploads/{uuid}/blobs/{hash}/{size}[/anything]</c>: a blob on its way in.</summary>
/// <param name="InstanceName">Empty for the default instance.</param>
/// <param name="UploadId">The client's name for this upload.</param>
/// <param name="Digest">The blob.</param>
/// <param name="IsCompressed">As zstd frames.</param>
public sealed record UploadResource(string InstanceName, string UploadId, Digest Digest, bool IsCompressed = false) : StreamResource;

/// <summary><c>logstreams/{id}/{stdout|stderr}</c>: live output, read and written under one name.</summary>
/// <param name="Name">The whole name.</param>
public sealed record LogStreamResource(string Name) : StreamResource;
