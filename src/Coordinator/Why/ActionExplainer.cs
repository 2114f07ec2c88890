using BuildFarm.BlobStore;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;
using Status = Grpc.Core.Status;
using Task = BuildFarm.V1.Task;

namespace BuildFarm.Coordinator.Why;

/// <summary>Says why an action had to run: what differs from the nearest one before it (jobs.proto, ExplainAction).</summary>
public sealed class ActionExplainer(IActionHistory history, ActionRecorder recorder, NearestAction nearest, JobFinder jobs, IBlobStore blobs)
{
    /// <exception cref="RpcException">As the contract of the call says.</exception>
    public async ValueTask<ActionExplanation> ExplainAsync(ExplainActionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            await recorder.FlushAsync(cancellationToken);
            var explanation = new ActionExplanation();
            var seen = request switch
            {
                { Action.Length: > 0 } => await FindAsync(request.InstanceName, request.Action, cancellationToken),
                { JobId.Length: 0, TaskName.Length: > 0 } => await FindNamedAsync(request.InstanceName, request.TaskName, cancellationToken),
                _ => await FindAsync(request, explanation, cancellationToken),
            };
            if (seen is null)
            {
                return explanation;
            }

            explanation.Action = Of(seen);
            await CompareAsync(seen, explanation, cancellationToken);
            return explanation;
        }
        catch (JournalException e)
        {
            throw Error(StatusCode.Unavailable, e.Message);
        }
        catch (Exception e) when (e is BlobStoreException or IOException or InvalidDataException or DigestFormatException)
        {
            throw Error(StatusCode.Unavailable, $"the actions cannot be compared: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static ActionSighting Of(SeenAction seen) =>
        new() { Action = seen.Action.ToString(), JobId = seen.JobId, TaskName = seen.Task, At = seen.At.ToTimestamp() };

    private async ValueTask<SeenAction> FindAsync(string instanceName, string action, CancellationToken cancellationToken)
    {
        if (!Digest.TryParse(action, out var digest, out var problem))
        {
            throw Error(StatusCode.InvalidArgument, problem);
        }

        return await history.FindAsync(instanceName, digest, cancellationToken) ?? throw Error(
            StatusCode.NotFound,
            $"the farm does not remember that action {digest} of instance '{instanceName}' ever had no result: it was a hit each time, or it is long ago");
    }

    private async ValueTask<SeenAction> FindNamedAsync(string instanceName, string task, CancellationToken cancellationToken) =>
        await history.FindNamedAsync(instanceName, task, cancellationToken) ?? throw Error(
            StatusCode.NotFound, $"the farm does not remember an action of '{task}' in instance '{instanceName}' that had no result");

    /// <summary>Null when there is nothing to compare, and the explanation says so.</summary>
    private async ValueTask<SeenAction?> FindAsync(ExplainActionRequest request, ActionExplanation explanation, CancellationToken cancellationToken)
    {
        var job = await jobs.FindAsync(request.JobId, cancellationToken);
        var task = TaskOf(job, request.TaskName);
        if (task.Origin == ResultOrigin.ActionCache && task.ActionDigest is not null)
        {
            explanation.Action = new ActionSighting { Action = ActionOf(task).ToString(), JobId = job.Id, TaskName = task.Name, At = task.FinishedAt };
            explanation.Notes.Add("it did not miss: its result came from the cache");
            return null;
        }

        if (task.ActionDigest is null)
        {
            throw Error(StatusCode.NotFound, $"task '{task.Name}' of run {job.Id} has no action yet: it waits for its needs, or never ran");
        }

        if (await history.FindAsync(job.Id, task.Name, cancellationToken) is { } own)
        {
            return own;
        }

        var seen = await FindAsync(job.Active?.InstanceName ?? request.InstanceName, ActionOf(task).ToString(), cancellationToken);
        explanation.Notes.Add($"it merged with an equal action of run {seen.JobId}");
        return seen;
    }

    private static Task TaskOf(FoundJob job, string name)
    {
        var tasks = (job.Active?.ToJob(withTasks: true) ?? job.Finished!.Job).Tasks;
        return tasks.FirstOrDefault(task => task.Name == name) ?? (name.Length == 0 && tasks.Count == 1
            ? tasks[0]
            : throw Error(
                name.Length == 0 ? StatusCode.InvalidArgument : StatusCode.NotFound,
                name.Length == 0 ? $"run {job.Id} has {tasks.Count} tasks; name one" : $"run {job.Id} has no task '{name}'"));
    }

    private static Digest ActionOf(Task task) => task.ActionDigest.ToDigest("action_digest", task.DigestFunction.ToDigestFunction());

    private async ValueTask CompareAsync(SeenAction seen, ActionExplanation explanation, CancellationToken cancellationToken)
    {
        var found = new DifferenceList(explanation);
        if (await ActionParts.ReadAsync(seen, blobs, cancellationToken) is not { } now)
        {
            found.Note("its Action or its Command is gone from the cache, so it cannot be compared with any other");
            return;
        }

        if (await nearest.FindAsync(now, cancellationToken) is not var (earlier, before))
        {
            found.Note("the farm remembers no action like it before: the first of its kind has no result");
            return;
        }

        explanation.Earlier = Of(earlier);
        if (before is null)
        {
            found.Note("the Action or the Command of the earlier one is gone from the cache, so what differs cannot be told");
            return;
        }

        var inputs = new InputDiff(blobs, found);
        await inputs.CompareAsync(InputsOf(before), InputsOf(now), cancellationToken);
        foreach (var difference in PartsDiff.Of(before, now))
        {
            found.Add(difference);
        }

        if (found.Count == 0 && explanation.Notes.Count == 0)
        {
            found.Note(await WhyAgainAsync(now, earlier, cancellationToken));
        }
    }

    private static Digest InputsOf(ActionParts parts) => parts.Action.InputRootDigest.ToDigest("input_root_digest", parts.Seen.Action.Function);

    /// <summary>The same action ran before, and there was no result all the same.</summary>
    private async ValueTask<string> WhyAgainAsync(ActionParts now, SeenAction earlier, CancellationToken cancellationToken)
    {
        if (now.Action.DoNotCache)
        {
            return "nothing differs: it says do_not_cache, so it runs every time";
        }

        return (await OutcomeOfAsync(earlier, cancellationToken)) switch
        {
            null => "nothing differs: its result was evicted, or it was told not to look for one",
            Outcome.Success => "nothing differs: the run before succeeded, so its result was evicted, lacked outputs, or was not to be used",
            Outcome.Unspecified => "nothing differs: the run before has not ended",
            { } outcome => $"nothing differs: the run before ended as {outcome.ToString().ToLowerInvariant()}, and only successes are kept",
        };
    }

    private async ValueTask<Outcome?> OutcomeOfAsync(SeenAction earlier, CancellationToken cancellationToken)
    {
        try
        {
            return TaskOf(await jobs.FindAsync(earlier.JobId, cancellationToken), earlier.Task).Outcome;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument)
        {
            return null;
        }
    }

    private static RpcException Error(StatusCode code, string message) => new(new Status(code, message));
}
