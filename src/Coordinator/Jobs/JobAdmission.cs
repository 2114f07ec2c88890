using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Coordinator.Secrets;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Effects;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>The way of a submit: checked by itself, then against the CAS, then by the scheduler.</summary>
public sealed class JobAdmission(
    SchedulerQueue queue,
    JobSpecValidator validator,
    JobSpecMapper mapper,
    InputCheck inputs,
    SecretStore secrets,
    IIdSource ids,
    JobTable jobs,
    ExecutionNames names,
    CoordinatorOptions options)
{
    private const int JobIdDigits = 8;
    private const int MostProblems = 5;

    /// <exception cref="RpcException">Refused; see jobs.proto.</exception>
    /// <exception cref="LoopStoppedException">The coordinator is going away.</exception>
    public async Task<SubmitJobResponse> SubmitAsync(SubmitJobRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var problems = validator.FindProblems(request).Take(MostProblems + 1).ToList();
        if (problems.Count > 0)
        {
            var more = problems.Count > MostProblems ? "; and more" : "";
            throw new RpcException(new Status(StatusCode.InvalidArgument, string.Join("; ", problems.Take(MostProblems)) + more));
        }

        CheckSecrets(request.Spec);
        await inputs.CheckAsync(request.Spec, cancellationToken);
        return await AdmitAsync(FreeId(), request, cancellationToken);
    }

    /// <summary>Hands a request that was checked to the scheduler.</summary>
    /// <param name="id">Of the job, unless it joins another.</param>
    /// <param name="request">As it is to be kept.</param>
    /// <param name="cancellationToken">Ends the wait; the job may have been accepted.</param>
    /// <exception cref="RpcException">Refused by the scheduler.</exception>
    /// <exception cref="LoopStoppedException">The coordinator is going away.</exception>
    public async Task<SubmitJobResponse> AdmitAsync(string id, SubmitJobRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var command = new Scheduling.Commands.SubmitJob(new JobId(id), request.IdempotencyKey, SpecOf(request));
        return await queue.ExecuteAsync(command, [new JobSubmitted(id, request)], cancellationToken) switch
        {
            SubmitAccepted accepted => new SubmitJobResponse { JobId = accepted.Job.Value, Joined = accepted.Joined },
            SubmitRefused refused => throw refused.ToRpcException(options.RetryDelay),
            var other => throw new InvalidOperationException($"A submit was answered with {other.GetType().Name}."),
        };
    }

    /// <summary>One that the farm lacks is found now, and not by a worker in the middle of the job.</summary>
    private void CheckSecrets(V1.JobSpec spec)
    {
        foreach (var (name, task) in spec.Tasks.SelectMany(static task => task.Secrets, static (task, name) => (name, task.Name)).DistinctBy(static use => use.name, StringComparer.Ordinal))
        {
            if (secrets.TryRead(name, out var problem) is null)
            {
                throw new RpcException(new Status(StatusCode.FailedPrecondition, $"task '{task}': {problem}"));
            }
        }
    }

    /// <summary>Ids are short for people, so among a hundred thousand jobs two would be alike.</summary>
    private string FreeId()
    {
        string id;
        do
        {
            id = ids.NextHex(JobIdDigits);
        }
        while (jobs.Find(new JobId(id)) is not null);
        return id;
    }

    private Scheduling.JobSpec SpecOf(SubmitJobRequest request)
    {
        var parent = request.Parent is null ? null : (Scheduling.Lease?)ParentWaiting.LeaseOf(request.Parent, names);
        var spec = mapper.ToScheduling(request.Spec, request.InstanceName) with { Parent = parent };
        return request.IdempotencyKey.Length == 0 ? spec : spec with { Identity = RequestIdentity.Of(request) };
    }
}
