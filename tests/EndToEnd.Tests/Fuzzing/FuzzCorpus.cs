using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.V1;
using Google.Bytestream;
using Google.LongRunning;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Action = Build.Bazel.Remote.Execution.V2.Action;
using Digest = Build.Bazel.Remote.Execution.V2.Digest;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>What the farm under fuzz has: blobs, trees that are harmless, deep or endless when laid out, an Action, names; and requests that are right.</summary>
internal sealed class FuzzCorpus
{
    private const int Levels = 300;
    private const int Doublings = 60;

    private readonly Dictionary<string, List<IMessage>> _requests = new(StringComparer.Ordinal);

    public FuzzCorpus()
    {
        var file = Add(Encoding.UTF8.GetBytes("a file of the corpus\n"));
        var random = new Random(1);
        var large = new byte[100_000];
        random.NextBytes(large);
        Add(large);
        Tree = new Directory { Files = { new FileNode { Name = "a", Digest = file, IsExecutable = true } }, Symlinks = { new SymlinkNode { Name = "link", Target = "a" } } };
        var inner = Add(Tree.ToByteArray());
        var root = Add(new Directory { Directories = { new DirectoryNode { Name = "inner", Digest = inner } } }.ToByteArray());
        Deep = Chain(inner, Levels, 1);
        Wide = Chain(inner, Doublings, 2);
        Command = new Command { Arguments = { "true" }, OutputPaths = { "out" } };
        Action = new Action { CommandDigest = Add(Command.ToByteArray()), InputRootDigest = root };
        ActionDigest = Add(Action.ToByteArray());
        Digests.Add(new Digest { Hash = Convert.ToHexStringLower(SHA256.HashData("absent"u8)), SizeBytes = 6 });
        Digests.Add(new Digest { Hash = Convert.ToHexStringLower(SHA256.HashData([])), SizeBytes = 0 });
        Resources.AddRange(Digests.Select(NameOf));
        Resources.AddRange(Digests.Select(static digest => string.Create(CultureInfo.InvariantCulture, $"compressed-blobs/zstd/{digest.Hash}/{digest.SizeBytes}")));
        AddRequests(file, root);
    }

    /// <summary>What is stored.</summary>
    public List<byte[]> Blobs { get; } = [];

    /// <summary>Of what is stored and of two that are not.</summary>
    public List<Digest> Digests { get; } = [];

    /// <summary>Names of ByteStream.</summary>
    public List<string> Resources { get; } = [];

    /// <summary>Names and ids that the farm gave out.</summary>
    public List<string> Names { get; } = ["operations", "0"];

    public Directory Tree { get; }

    public Digest Deep { get; }

    public Digest Wide { get; }

    public Command Command { get; }

    public Action Action { get; }

    public Digest ActionDigest { get; }

    public static Digest DigestOf(byte[] blob) => new() { Hash = Convert.ToHexStringLower(SHA256.HashData(blob)), SizeBytes = blob.Length };

    public static string NameOf(Digest digest) => string.Create(CultureInfo.InvariantCulture, $"blobs/{digest.Hash}/{digest.SizeBytes}");

    /// <summary>Requests of this type that are right.</summary>
    public IReadOnlyList<IMessage> RequestsOf(MessageDescriptor type) => _requests.GetValueOrDefault(type.FullName) ?? [];

    private Digest Add(byte[] blob)
    {
        var digest = DigestOf(blob);
        Blobs.Add(blob);
        Digests.Add(digest);
        return digest;
    }

    /// <summary>Directories in directories; named twice in each, few messages are more entries than there are atoms.</summary>
    private Digest Chain(Digest digest, int levels, int times)
    {
        for (var level = 0; level < levels; level++)
        {
            var directory = new Directory();
            directory.Directories.AddRange(Enumerable.Range(0, times).Select(i => new DirectoryNode { Name = $"d{i}", Digest = digest }));
            var blob = directory.ToByteArray();
            Blobs.Add(blob);
            digest = DigestOf(blob);
        }

        Digests.Add(digest);
        return digest;
    }

    private void AddRequests(Digest file, Digest root)
    {
        var small = "small"u8.ToArray();
        var result = new ActionResult { OutputFiles = { new OutputFile { Path = "out", Digest = file } }, StdoutDigest = file };
        var templates = new TaskTemplate { Name = "t", Arguments = { "true" }, InputRootDigest = root, OutputPaths = { "out" } };
        Request(new FindMissingBlobsRequest { BlobDigests = { Digests } });
        Request(new BatchReadBlobsRequest { Digests = { Digests.Take(4) }, AcceptableCompressors = { Compressor.Types.Value.Zstd } });
        Request(new BatchUpdateBlobsRequest { Requests = { new BatchUpdateBlobsRequest.Types.Request { Digest = DigestOf(small), Data = ByteString.CopyFrom(small) } } });
        foreach (var tree in (Digest[])[root, Deep, Wide])
        {
            Request(new GetTreeRequest { RootDigest = tree, PageSize = 10 });
        }

        Request(new GetActionResultRequest { ActionDigest = ActionDigest, InlineStdout = true, InlineOutputFiles = { "out" } });
        Request(new UpdateActionResultRequest { ActionDigest = ActionDigest, ActionResult = result });
        Request(new UpdateActionResultRequest { ActionDigest = ActionDigest, ActionResult = new ActionResult { OutputDirectories = { new OutputDirectory { Path = "d", TreeDigest = file, RootDirectoryDigest = Wide } } } });
        Request(new GetCapabilitiesRequest());
        var key = new ResultKey { Environment = "fuzz", ActionDigest = ActionDigest };
        var entry = new ResultEntry { Result = result, Executed = true, Producer = "fuzz", StoredAt = new Google.Protobuf.WellKnownTypes.Timestamp { Seconds = 1_700_000_000 } };
        Request(new GetEntryRequest { Key = key });
        Request(new PutExecutedRequest { Key = key, Result = result, Producer = "fuzz" });
        Request(new GetNodeEntryRequest { Key = new NodeKey { Key = key } });
        Request(new PutEntryRequest { Key = new NodeKey { Key = key, SizeIsUnknown = true }, Entry = entry });
        Request(new FindBlobRequest { Hash = file.Hash });
        Request(new CollectGarbageRequest { ToBytes = 1 << 20, Evict = true });
        foreach (var resource in (string[])[NameOf(file), NameOf(Digests[1]), $"compressed-blobs/zstd/{file.Hash}/{file.SizeBytes}"])
        {
            Request(new ReadRequest { ResourceName = resource });
        }

        Request(new QueryWriteStatusRequest { ResourceName = $"uploads/{Guid.Empty:D}/{NameOf(file)}" });
        Request(new ListOperationsRequest { Name = "operations", PageSize = 10 });
        Request(new SubmitJobRequest { Spec = new JobSpec { Name = "job", Submitter = "fuzz", Tasks = { templates, new TaskTemplate(templates) { Name = "u", Needs = { "t" } } } } });
        Request(new ListJobsRequest { PageSize = 5 });
        Request(new WorkerState
        {
            WorkerId = "fuzz",
            Incarnation = "1",
            Offer = new WorkerOffer { Pool = "none", Capacity = new Resources { CpuMillis = 1000, MemoryBytes = 1 << 20 }, Environment = "e", Runtime = "oci", ProtocolVersion = 1 },
        });
    }

    private void Request(IMessage message)
    {
        var name = message.Descriptor.FullName;
        if (!_requests.TryGetValue(name, out var all))
        {
            _requests.Add(name, all = []);
        }

        all.Add(message);
    }
}
