using BuildFarm.BlobStore;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Containers.Seccomp;
using BuildFarm.Worker.Homes;
using BuildFarm.Worker.Inputs;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Outputs;

namespace BuildFarm.Worker.Execution;

/// <summary>One attempt, in order: fetch, lay out, run, collect, upload.</summary>
internal sealed class ActionExecutor(
    ActionFetcher fetcher,
    IWorkspaceFactory workspaces,
    HomeFactory homes,
    ISecretSource secrets,
    ContainerRunner runner,
    OutputCollector collector,
    IContainerRuntime runtime,
    TimeProvider time,
    ExecutorOptions options) : IActionExecutor
{
    // Of the whole process, not of this object: a name is used once, also while another's leavings of that name wait to be removed.
    private static long _started;

    private readonly CpuPool _cpus = new(CpuAffinity.Own());

    public async Task<Completion> ExecuteAsync(Assignment assignment, Action<AttemptPhase> enterPhase, CancellationToken cancellationToken)
    {
        var record = new AttemptRecord(time, options.WorkerName, options.Facts);
        try
        {
            return await RunAsync(assignment, record, enterPhase, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return record.Complete(new Verdict(Outcome.Cancelled, "ended by the farm before it ran"));
        }
        catch (MissingInputsException e)
        {
            return record.Complete(new Verdict(Outcome.Infrastructure, e.Message), e.Missing);
        }
        catch (Exception e) when (e is InvalidActionException or InvalidTreeException or DigestFormatException)
        {
            return record.Complete(new Verdict(Outcome.Failure, $"the action cannot be run: {e.Message}"));
        }
        catch (Exception e) when (e is ContainerStartException or IOException or BlobStoreException or UnauthorizedAccessException or Grpc.Core.RpcException)
        {
            return record.Complete(new Verdict(Outcome.Infrastructure, e.Message));
        }
    }

    private async Task<Completion> RunAsync(
        Assignment assignment, AttemptRecord record, Action<AttemptPhase> enterPhase, CancellationToken cancellationToken)
    {
        enterPhase(AttemptPhase.Fetching);
        record.FetchStarted();
        var action = await fetcher.FetchAsync(
            assignment.ActionDigest.ToDigest("action_digest", assignment.DigestFunction.ToDigestFunction()), cancellationToken);
        var command = action.Command;
        var workingDirectory = OutputPath.Resolve("", command.WorkingDirectory)
            ?? throw new InvalidActionException($"the working directory {command.WorkingDirectory} lies outside the inputs");
        var id = $"{Interlocked.Increment(ref _started)}-{Environment.ProcessId}";
        await using var workspace = await workspaces.CreateAsync(id, action.Action.InputRootDigest.ToDigest("input_root_digest", action.Function), cancellationToken);
        var outputs = PrepareFolders(workspace, command, workingDirectory);

        var limits = Limits(assignment);
        using var share = _cpus.Take(limits.CpuMillis);
        var timeout = Timeout(assignment, action);
        await using var home = await homes.CreateAsync(HomeRequest.Of(action), assignment.InstanceName, workspace.StateDirectory, limits, cancellationToken);
        var network = options.AllowNetwork && action.HasProperty("network", "allowed");
        var spec = new ContainerSpec(
            id,
            workspace.StateDirectory,
            command.Arguments,
            TaskEnvironment.Of(command, limits, share.Cpus.Count, TaskFolders.Of(runtime, workspace.StateDirectory, assignment.Secrets.Count > 0)),
            workspace.Mount,
            workingDirectory,
            limits,
            network)
        {
            Prelude = options.Prelude,
            Home = home?.Mount,
            // The last thing before it starts: their values are here for no longer than it runs.
            Secrets = assignment.Secrets.Count == 0 ? [] : await secrets.GetAsync(assignment, cancellationToken),
            Cpus = share.Cpus,
            Profile = SeccompProfile.For(options.AllowNestedUserNamespaces && action.HasProperty("nested-userns", "allowed"), network),
        };
        record.RunStarted();
        var run = await runner.RunAsync(new RunRequest(spec, assignment, timeout, outputs) { Function = action.Function, Guards = home is null ? [] : [home.Guard] }, enterPhase, cancellationToken);
        record.RunEnded(run);

        enterPhase(AttemptPhase.Uploading);
        var verdict = Verdict.Of(
            run.End, run.Evidence, new VerdictContext(timeout, options.LogLimitBytes, limits, command.Arguments[0], run.StandardError.Tail) { Prelude = options.Prelude, DiskWasFull = run.DiskWasFull });
        if (verdict.Outcome == Outcome.Cancelled)
            return record.Complete(verdict);
        return await FinishAsync(new FinishedRun(run, verdict, action, assignment), workspace, record, cancellationToken);
    }

    private async Task<Completion> FinishAsync(FinishedRun finished, IWorkspace workspace, AttemptRecord record, CancellationToken cancellationToken)
    {
        var (run, verdict, action, assignment) = finished;
        CollectedOutputs outputs;
        try
        {
            using var merged = workspace.OpenForReading();
            outputs = await collector.CollectAsync(merged, action.Command, action.Function, cancellationToken);
            verdict = WithRequiredOutputs(verdict, outputs, assignment);
        }
        catch (Exception e) when (e is OutputLimitException or OutputRefusedException)
        {
            // What a failed command left half made is no news beside its own failure.
            outputs = new CollectedOutputs();
            if (verdict.Outcome == Outcome.Success)
                verdict = new Verdict(e is OutputLimitException ? Outcome.ResourceLimit : Outcome.Failure, e.Message);
        }

        return record.Complete(verdict, run, outputs.Result);
    }

    private static Verdict WithRequiredOutputs(Verdict verdict, CollectedOutputs outputs, Assignment assignment)
    {
        if (verdict.Outcome != Outcome.Success)
            return verdict;
        var absent = assignment.RequiredOutputPaths.FirstOrDefault(outputs.NotMade.Contains);
        return absent is null ? verdict : new Verdict(Outcome.Failure, $"exit code 0, but the declared output {absent} was not made");
    }

    /// <summary>The working directory and the parents of outputs are there before the command starts, as REAPI asks.</summary>
    /// <returns>The outputs, from the workspace's root.</returns>
    private static List<string> PrepareFolders(IWorkspace workspace, Build.Bazel.Remote.Execution.V2.Command command, string workingDirectory)
    {
        var outputs = new List<string>();
        workspace.MakeDirectory(workingDirectory);
        foreach (var path in OutputCollector.DeclaredPaths(command))
        {
            var resolved = OutputPath.Resolve(workingDirectory, path)
                ?? throw new InvalidActionException($"the declared output {path} lies outside the workspace");
            workspace.MakeDirectory(OutputPath.Parent(resolved));
            outputs.Add(resolved);
        }

        return outputs;
    }

    private ContainerLimits Limits(Assignment assignment)
    {
        var memory = assignment.Resources?.MemoryBytes is > 0 and var bytes ? bytes : options.DefaultMemoryBytes;
        var cpu = assignment.Resources?.CpuMillis is > 0 and var millis ? millis : 1000;
        return new ContainerLimits(memory, cpu, options.HardCpu, ScratchBytes: memory) { WorkspaceBytes = options.WorkspaceBytes, WorkspaceFiles = options.WorkspaceFiles };
    }

    private TimeSpan Timeout(Assignment assignment, FetchedAction action)
    {
        var timeout = assignment.Timeout?.ToTimeSpan() ?? action.Action.Timeout?.ToTimeSpan() ?? TimeSpan.Zero;
        return timeout > TimeSpan.Zero ? timeout : options.DefaultTimeout;
    }

    private sealed record FinishedRun(AttemptRun Run, Verdict Verdict, FetchedAction Action, Assignment Assignment);
}
