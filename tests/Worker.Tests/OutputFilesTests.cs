using System.Collections.Concurrent;
using BuildFarm.BlobStore;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.TestKit;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Outputs;
using Microsoft.Win32.SafeHandles;
using Xunit;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Worker.Tests;

/// <summary>Outputs and a store that takes its time: several files are on their way to it at once.</summary>
public sealed class OutputFilesTests : IDisposable
{
    private const int Files = 500;

    private readonly TempFolder _folder = new();
    private readonly DirectoryHandle _workspace;

    public OutputFilesTests()
    {
        for (var i = 0; i < Files; i++)
        {
            var inner = Directory.CreateDirectory(_folder.File($"out/{i % 10}")).FullName;
            File.WriteAllText(Path.Combine(inner, $"f{i}"), $"content {i}");
        }

        File.WriteAllText(_folder.File("alone"), "alone");
        _workspace = DirectoryHandle.Open(_folder.Path);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _workspace.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Outputs_OfManyFiles_AreOnTheirWayTogether()
    {
        const int Together = 64;
        var store = new SlowStore { Together = Together };

        var outputs = await CollectAsync(store, "alone", "out");

        Assert.Equal(Files + 1, store.Added);
        Assert.Equal(Digest.OfBytes("alone"u8).ToString(), $"{outputs.Result.OutputFiles[0].Digest.Hash}/{outputs.Result.OutputFiles[0].Digest.SizeBytes}");
        var tree = Reapi.Tree.Parser.ParseFrom(Assert.Single(store.Written));
        Assert.Equal(10, tree.Root.Directories.Count);
        Assert.Equal(Files, tree.Children.Sum(static child => child.Files.Count));
        Assert.All(tree.Children.SelectMany(static child => child.Files), static file => Assert.Equal(
            Digest.OfBytes(System.Text.Encoding.UTF8.GetBytes($"content {file.Name[1..]}")).ToString(), $"{file.Digest.Hash}/{file.Digest.SizeBytes}"));
        // All that is named has been stored, and nothing else.
        var named = tree.Children.SelectMany(static child => child.Files).Select(static file => file.Digest)
            .Append(outputs.Result.OutputFiles[0].Digest).Append(outputs.Result.OutputDirectories[0].TreeDigest).Select(static digest => digest.ToDigest("named")).ToHashSet();
        Assert.Equal(Files + 2, named.Count);
        Assert.Equal(named, [.. store.Stored.Keys]);
    }

    [Fact]
    public async Task Outputs_WhenOneCannotBeStored_EndWithItsReasonAndNoneBeginsAfterIt()
    {
        var store = new SlowStore { Refuses = true };

        await Assert.ThrowsAsync<BlobStoreFullException>(() => CollectAsync(store, "alone", "out"));

        Assert.Equal(1, store.Added);
    }

    private async Task<CollectedOutputs> CollectAsync(SlowStore store, params string[] paths) => await new OutputCollector(store, new OutputLimits()).CollectAsync(
        _workspace, new Reapi.Command { OutputPaths = { paths } }, DigestFunction.Sha256, Token);

    private sealed class SlowStore : IFileBlobStore
    {
        private readonly TaskCompletionSource _together = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _added;

        public int Added => _added;

        /// <summary>No file is stored before so many have come.</summary>
        public int Together { get; init; }

        public bool Refuses { get; init; }

        public List<byte[]> Written { get; } = [];

        public ConcurrentDictionary<Digest, bool> Stored { get; } = [];

        public async ValueTask<Digest> AddFileAsync(SafeFileHandle file, DigestFunction function, CancellationToken cancellationToken)
        {
            var bytes = new byte[RandomAccess.GetLength(file)];
            RandomAccess.Read(file, bytes, 0);
            if (Interlocked.Increment(ref _added) >= Together)
                _together.TrySetResult();
            await _together.Task.WaitAsync(cancellationToken);
            if (Refuses)
                throw new BlobStoreFullException("no room");
            var digest = Digest.OfBytes(bytes, function);
            Stored[digest] = true;
            return digest;
        }

        public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => ValueTask.FromResult<BlobWriter>(new Writer(this, digest));

        public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<Digest>> FetchAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<bool> TryLinkAsync(Digest digest, bool executable, string path, CancellationToken cancellationToken) => throw new NotSupportedException();

        private sealed class Writer(SlowStore store, Digest digest) : BlobWriter
        {
            private readonly MemoryStream _bytes = new();

            public override long Written => _bytes.Length;

            public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _bytes.WriteAsync(bytes, cancellationToken);

            public override ValueTask CommitAsync(CancellationToken cancellationToken)
            {
                store.Written.Add(_bytes.ToArray());
                store.Stored[digest] = true;
                return ValueTask.CompletedTask;
            }

            public override ValueTask DisposeAsync() => _bytes.DisposeAsync();
        }
    }
}
