using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Remote;

/// <summary>ByteStream resource names that a client writes (REAPI, ContentAddressableStorage). A digest writes its function where names need it.</summary>
/// <param name="instanceName">Empty for the default instance.</param>
internal sealed class RemoteResourceNames(string instanceName)
{
    private readonly string _prefix = instanceName.Length == 0 ? "" : instanceName + "/";

    public string OfBlob(in Digest digest) => $"{_prefix}blobs/{digest}";

    public string OfUpload(in Digest digest) => $"{_prefix}uploads/{Guid.NewGuid():D}/blobs/{digest}";
}
