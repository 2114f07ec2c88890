using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Logs;

namespace BuildFarm.Worker;

/// <summary>Where a worker's bytes are.</summary>
/// <param name="Local">Blobs as files of this machine.</param>
/// <param name="Cas">The farm's blobs; the same object when <paramref name="Local"/> reaches all of them.</param>
/// <param name="Logs">Live output.</param>
internal sealed record WorkerStores(IFileBlobStore Local, IBlobStore Cas, ILogStore Logs);
