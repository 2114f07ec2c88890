using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>
/// Makes of an ExecuteRequest a job of one task whose Action is there already, so that look-up, merging, priorities and leases are
/// those of every other task.
/// </summary>
public sealed class ActionTemplates(PlatformMap platforms, CoordinatorOptions options)
{
    private const string MetadataHeader = "build.bazel.remote.execution.v2.requestmetadata-bin";
    private const int LongestName = 200;
    private const int HighestPriority = 1000;

    /// <exception cref="RpcException">INVALID_ARGUMENT: priority, timeout or platform cannot be.</exception>
    public SubmitJobRequest Make(ExecuteRequest request, CheckedAction action, Metadata headers)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(action);
        var client = ClientOf(headers);
        var name = NameOf(client, action);
        var (properties, resources) = platforms.Map(action.Platform);
        var template = new TaskTemplate
        {
            Name = name,
            Kind = string.Equals(client.ActionMnemonic, "TestRunner", StringComparison.Ordinal) ? TaskKind.Test : TaskKind.Build,
            ActionDigest = action.Digest.ToProto(),
            DigestFunction = action.Digest.Function.ToProto(),
            InputRootDigest = action.Action.InputRootDigest,
            Timeout = TimeoutOf(action.Action),
            Resources = resources,
            DoNotCache = action.Action.DoNotCache,
            SkipCacheLookup = request.SkipCacheLookup,
            Home = ActionHomes.Of(action.Platform),
        };
        foreach (var (property, value) in properties.Where(static property => !ActionHomes.IsOfAHome(property.Key)))
        {
            template.Platform.Add(property, value);
        }

        return new SubmitJobRequest
        {
            InstanceName = request.InstanceName,
            Spec = new JobSpec { Name = name, Submitter = SubmitterOf(client), Priority = PriorityOf(request), Tasks = { template } },
        };
    }

    /// <summary>REAPI's smaller numbers go first, the farm's greater ones.</summary>
    private static int PriorityOf(ExecuteRequest request) =>
        request.ExecutionPolicy?.Priority is null or (>= -HighestPriority and <= HighestPriority)
            ? -(request.ExecutionPolicy?.Priority ?? 0)
            : throw Invalid($"the priority {request.ExecutionPolicy.Priority} is not between -{HighestPriority} and {HighestPriority}, as the capabilities say");

    private Duration? TimeoutOf(Build.Bazel.Remote.Execution.V2.Action action)
    {
        if (action.Timeout is not { } timeout || timeout is { Seconds: 0, Nanos: 0 })
        {
            return null;
        }

        return TaskTemplateValidator.IsDuration(timeout) && timeout.ToTimeSpan() > TimeSpan.Zero && timeout.ToTimeSpan() <= options.MaxTimeout
            ? timeout
            : throw Invalid($"the action's timeout must be above 0 and at most {options.MaxTimeout}");
    }

    private static RequestMetadata ClientOf(Metadata headers)
    {
        try
        {
            return headers.GetValueBytes(MetadataHeader) is { } bytes ? RequestMetadata.Parser.ParseFrom(bytes) : new RequestMetadata();
        }
        catch (Exception e) when (e.IsUnreadable())
        {
            // It only names things for people.
            return new RequestMetadata();
        }
    }

    private static string NameOf(RequestMetadata client, CheckedAction action)
    {
        var name = Clean($"{client.TargetId} {client.ActionMnemonic}");
        return name.Length > 0 ? name : $"action {action.Digest.HashHex[..12]}";
    }

    private static string SubmitterOf(RequestMetadata client)
    {
        var tool = Clean($"{client.ToolDetails?.ToolName} {client.ToolDetails?.ToolVersion} {client.ToolInvocationId}");
        return tool.Length > 0 ? tool : "reapi";
    }

    private static string Clean(string text) => string.Concat(text.Where(static c => !char.IsControl(c)).Take(LongestName)).Trim();

    private static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
