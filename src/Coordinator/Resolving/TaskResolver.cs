using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Secrets;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>
/// Makes the Action of a task whose needs have succeeded: lays their outputs over the task's declared inputs, and stores
/// the tree, the Command and the Action. Equal templates with equal inputs give equal digests, whoever submits them.
/// </summary>
public sealed class TaskResolver(IBlobStore blobs, InputCores cores)
{
    private readonly TreeMerger _merger = new(blobs.AsMessageSource<Build.Bazel.Remote.Execution.V2.Directory>(), blobs.AsMessageSource<Tree>());

    /// <summary>Whether a failure to resolve is of the task's own making, so that another try would fail alike.</summary>
    public static bool IsTheTasksFault(Exception exception) => exception is InvalidTreeException or DigestFormatException or InvalidDataException;

    /// <summary>Resolves the task at <paramref name="index"/> of a job.</summary>
    /// <exception cref="InvalidTreeException">Outputs of two needs, or of a need and the inputs, cannot be laid over each other.</exception>
    /// <exception cref="MissingDirectoriesException">The CAS has lost a directory that is needed.</exception>
    /// <exception cref="BlobStoreException">The CAS cannot take what was made.</exception>
    public async ValueTask<ResolvedAction> ResolveAsync(JobRecord job, int index, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        var template = job.Spec.Tasks[index];
        var inputRoot = template.InputRootDigest is null ? Digest.Empty : Digest.FromProto(template.InputRootDigest, "input_root_digest", template.DigestFunction.ToDigestFunction());
        var core = cores.Of(inputRoot);
        if (template.ActionDigest is not null)
        {
            var known = Digest.FromProto(template.ActionDigest, "action_digest", template.DigestFunction.ToDigestFunction());
            return new ResolvedAction(known, Cacheable: !template.DoNotCache && !KeptHomes.IsKept(template), TaskLocality.Of(template, inputRoot, core));
        }

        if (template.Needs.Count > 0)
        {
            inputRoot = await LayOutputsAsync(job, template, inputRoot, cancellationToken);
        }

        var action = new Build.Bazel.Remote.Execution.V2.Action
        {
            CommandDigest = (await blobs.PutMessageAsync(CommandOf(template), cancellationToken)).ToProto(),
            InputRootDigest = inputRoot.ToProto(),
            Timeout = template.Timeout,
            DoNotCache = template.DoNotCache || KeptHomes.IsKept(template),
            Platform = PlatformOf(template),
        };
        var made = await blobs.PutMessageAsync(action, cancellationToken);
        return new ResolvedAction(made, Cacheable: !template.DoNotCache, TaskLocality.Of(template, inputRoot, core));
    }

    private async ValueTask<Digest> LayOutputsAsync(JobRecord job, TaskTemplate template, Digest inputRoot, CancellationToken cancellationToken)
    {
        var layers = template.Needs.Select(need => LayerOf(job, need));
        var tree = await _merger.MergeAsync(inputRoot, layers, cancellationToken);
        var made = tree.Directories;
        foreach (var digest in await blobs.FindMissingAsync([.. made.Keys], cancellationToken))
        {
            await blobs.PutBytesAsync(made[digest].Bytes, cancellationToken);
        }

        return tree.Root;
    }

    private static TreeLayer LayerOf(JobRecord job, string need)
    {
        var index = job.IndexOf(need);
        // Going on without it would run the task without what it needs.
        var result = job.TaskAt(index).Result ?? throw new InvalidOperationException($"the result of {need} is not known here");
        return new TreeLayer(need, job.Spec.Tasks[index].WorkingDirectory, result);
    }

    // REAPI asks for these orders: equal commands have equal digests.
    private static Command CommandOf(TaskTemplate template) => new()
    {
        Arguments = { template.Arguments },
        EnvironmentVariables =
        {
            template.Environment.OrderBy(variable => variable.Key, StringComparer.Ordinal)
                .Select(variable => new Command.Types.EnvironmentVariable { Name = variable.Key, Value = variable.Value }),
        },
        OutputPaths = { template.OutputPaths.Order(StringComparer.Ordinal) },
        WorkingDirectory = template.WorkingDirectory,
    };

    private static Platform? PlatformOf(TaskTemplate template)
    {
        var properties = template.Platform.Concat(KeptHomes.ActionPropertiesOf(template)).Concat(TaskSecrets.ActionPropertiesOf(template)).OrderBy(property => property.Key, StringComparer.Ordinal).ToList();
        return properties.Count == 0 ? null : new Platform
        {
            Properties = { properties.Select(property => new Platform.Types.Property { Name = property.Key, Value = property.Value }) },
        };
    }
}
