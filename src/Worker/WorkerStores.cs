using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Logs;

namespace BuildFarm.Worker;

/// <summary>Where a worker's bytes are.</summary>
/// <param name="Blobs">The farm's blobs, as files of this machine once they are used.</param>
/// <param name="Logs">Live output.</param>
internal sealed record WorkerStores(IFileBlobStore Blobs, ILogStore Logs);
