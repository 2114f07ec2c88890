using BuildFarm.BlobStore;
using BuildFarm.Coordinator.Resolving;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Grpc.Core;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;
using Status = Grpc.Core.Status;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// Refuses a job when the CAS lacks anything of its inputs, in the form that clients of REAPI know how to repair: a blob that
/// is not there is found now, and not by a worker in the middle of the job. Looking also renews the lives of the blobs.
/// </summary>
public sealed class InputCheck(IBlobStore blobs, InputCores cores)
{
    /// <summary>Distinct directories of one job; a larger one would hold the coordinator's memory.</summary>
    public const int MaxDirectories = 500_000;

    private const int ReadsAtOnce = 16;
    private const int DigestsAtOnce = 10_000;

    /// <exception cref="RpcException">
    /// FAILED_PRECONDITION with a MISSING violation for absent blobs (the first 50) and no other detail; INVALID_ARGUMENT: an
    /// input is no tree of directories, or has too many.
    /// </exception>
    public async ValueTask CheckAsync(JobSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var walk = new Walk();
        foreach (var template in spec.Tasks.Where(template => template.InputRootDigest is not null))
        {
            walk.AddRoot(Digest.FromProto(template.InputRootDigest, "input_root_digest", DigestFunction.Sha256), new Place(template.Name, ""));
        }

        foreach (var template in spec.Tasks.Where(template => template.Home?.TemplateDigest is not null))
        {
            walk.AddDirectory(Digest.FromProto(template.Home.TemplateDigest, "template_digest", DigestFunction.Sha256), new Place(template.Name, "its home"));
        }

        while (walk.TakeLevel() is { Count: > 0 } level)
        {
            await ReadAsync(level, walk, cancellationToken);
            if (walk.Directories > MaxDirectories)
            {
                throw Invalid($"the inputs have more than {MaxDirectories} distinct directories; split the job");
            }
        }

        foreach (var part in walk.Files.Keys.Chunk(DigestsAtOnce))
        {
            foreach (var digest in await blobs.FindMissingAsync(part, cancellationToken))
            {
                walk.Missing.Add((digest, walk.Files[digest]));
            }
        }

        if (walk.Missing.Count > 0)
        {
            throw Missing(walk.Missing);
        }

        cores.Learn(walk.Weights, walk.Roots);
    }

    private async ValueTask ReadAsync(List<(Digest Digest, Place Place)> level, Walk walk, CancellationToken cancellationToken)
    {
        var read = new Directory?[level.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForAsync(0, level.Count, options, async (i, token) =>
                read[i] = await blobs.GetMessageAsync<Directory>(level[i].Digest, cancellationToken: token));
            for (var i = 0; i < read.Length; i++)
            {
                walk.Add(level[i], read[i]);
            }
        }
        catch (Exception e) when (e is InvalidDataException or DigestFormatException)
        {
            throw Invalid(e.Message);
        }
    }

    private static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));

    private static RpcException Missing(List<(Digest Digest, Place Place)> missing)
    {
        var (first, place) = missing[0];
        var message = $"the cache does not have blob {first} {place}{(missing.Count > 1 ? $", and {missing.Count - 1} more" : "")}; upload it and submit again";
        return MissingBlobs.ToStatus(message, missing.Select(blob => blob.Digest)).ToRpcException();
    }

    /// <summary>What is known of the trees so far: each distinct blob once, with the place where it was named first.</summary>
    private sealed class Walk
    {
        private readonly HashSet<Digest> _seen = [];
        private List<(Digest Digest, Place Place)> _next = [];

        public InputWeights Weights { get; } = new();

        public HashSet<Digest> Roots { get; } = [];

        public Dictionary<Digest, Place> Files { get; } = [];

        public List<(Digest Digest, Place Place)> Missing { get; } = [];

        public int Directories => _seen.Count;

        public void AddRoot(Digest digest, Place place)
        {
            Roots.Add(digest);
            AddDirectory(digest, place);
        }

        public void AddDirectory(Digest digest, Place place)
        {
            if (!digest.IsEmptyBlob && _seen.Add(digest))
            {
                _next.Add((digest, place));
            }
        }

        public void Add((Digest Digest, Place Place) at, Directory? directory)
        {
            if (directory is null)
            {
                Missing.Add(at);
                return;
            }

            Weights.Note(at.Digest, directory);

            foreach (var file in directory.Files)
            {
                var digest = Digest.FromProto(file.Digest, file.Name, DigestFunction.Sha256);
                if (!digest.IsEmptyBlob)
                {
                    // The place of its folder: half a million names of files would take more memory than all else.
                    Files.TryAdd(digest, at.Place);
                }
            }

            foreach (var child in directory.Directories)
            {
                AddDirectory(Digest.FromProto(child.Digest, child.Name, DigestFunction.Sha256), at.Place.Below(child.Name));
            }
        }

        public List<(Digest Digest, Place Place)> TakeLevel()
        {
            var level = _next;
            _next = [];
            return level;
        }
    }

    /// <summary>A folder of a task's input; the path is empty for the root.</summary>
    private readonly record struct Place(string Task, string Path)
    {
        public Place Below(string name) => this with { Path = Path.Length == 0 ? name : $"{Path}/{name}" };

        public override string ToString() => Path.Length == 0 ? $"of the input of task '{Task}'" : $"of {Path} in the input of task '{Task}'";
    }
}
