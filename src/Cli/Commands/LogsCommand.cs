using System.CommandLine;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Output;
using BuildFarm.Cli.Runs;
using BuildFarm.Hosting;
using Grpc.Core;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm logs RUN [TASK]</c>: what tasks wrote.</summary>
internal static class LogsCommand
{
    private static readonly Argument<string> Run = new("RUN") { Description = "Id of a run, or at least four characters of its beginning." };
    private static readonly Argument<string?> TaskName = new("TASK") { Description = "A task; may be left out when there is only one, or one that failed.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> Follow = new("--follow", "-f") { Description = "Go on while the task runs." };
    private static readonly Option<bool> All = new("--all") { Description = "Everything; a terminal gets head and tail otherwise." };
    private static readonly Option<string?> Which = new("--stream") { Description = "Only stdout or only stderr.", HelpName = "NAME" };

    public static Command Create(CommandContext context)
    {
        var command = new Command("logs", "Show what a task wrote.") { Run, TaskName, Follow, All, Which };
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        OutputStream[] streams = parsed.GetValue(Which) switch
        {
            null => [OutputStream.Out, OutputStream.Error],
            "stdout" => [OutputStream.Out],
            "stderr" => [OutputStream.Error],
            var other => throw FarmException.Usage($"--stream is '{other}'; it can be stdout or stderr."),
        };
        await using var farm = context.Finder(parsed).FindRunning();
        var job = await StatusCommand.GetAsync(farm, parsed.GetRequiredValue(Run), cancellationToken);
        var task = Choose(job, parsed.GetValue(TaskName));
        await farm.ReachAsync(cancellationToken);
        try
        {
            await ShowAsync(context, farm, job, task, streams, parsed.GetValue(Follow), parsed.GetValue(All), cancellationToken);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            throw FarmException.Infrastructure($"The log of {task.Name} is no longer in the cache: {error.Status.Detail}", error);
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(farm.Address, $"reading the log of {task.Name}");
        }

        return ExitCode.Ok;
    }

    private static async Task ShowAsync(
        CommandContext context, FarmConnection farm, FarmJob job, FarmTask task, OutputStream[] streams, bool follow, bool all, CancellationToken cancellationToken)
    {
        var log = new TaskLog(farm, context.Time);
        if (task.State != TaskState.Finished || task.Result is null)
        {
            await LiveAsync(context, log, task, streams, follow, cancellationToken);
            return;
        }

        foreach (var stream in streams)
        {
            if (all || !context.Terminal.OutIsTerminal)
            {
                await log.CopyAsync(task.Result, stream, 0, 0, To(context, stream), cancellationToken);
            }
            else
            {
                var excerpt = await log.ExcerptAsync(task, [stream], cancellationToken);
                excerpt.WriteTo(stream == OutputStream.Out ? context.Terminal.OutText : context.Terminal.Error, string.Empty,
                    $"farm logs {job.JobId} {ShellWords.Quote(task.Name)} --all");
            }
        }
    }

    // The two streams in turn without -f; both at once with it.
    private static async Task LiveAsync(
        CommandContext context, TaskLog log, FarmTask task, OutputStream[] streams, bool follow, CancellationToken cancellationToken)
    {
        if (task.StdoutStreamName.Length == 0)
        {
            await context.Terminal.Error.WriteLineAsync(task.State == TaskState.Finished
                ? $"{task.Name} wrote nothing: {TaskText.Reason(task)}"
                : $"{task.Name} has not started: {(task.Message.Length > 0 ? TaskText.Clean(task.Message) : "it waits for a worker")}");
            return;
        }

        using var brief = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (!follow)
        {
            // What is there arrives at once; the wait for more is what ends it.
            brief.CancelAfter(TimeSpan.FromSeconds(1));
        }

        await Task.WhenAll(streams.Select(stream => log.FollowAsync(
            stream == OutputStream.Out ? task.StdoutStreamName : task.StderrStreamName, 0, To(context, stream), gone: null, silence: null, brief.Token)));
    }

    private static Stream To(CommandContext context, OutputStream stream) =>
        stream == OutputStream.Out ? context.Terminal.Out : context.Terminal.ErrorStream;

    private static FarmTask Choose(FarmJob job, string? name)
    {
        if (name is not null)
        {
            return job.Tasks.FirstOrDefault(task => task.Name == name)
                ?? throw FarmException.Usage($"Run {job.JobId} has no task '{name}'{JobFiles.JobFileErrors.Suggest(name, job.Tasks.Select(task => task.Name))}");
        }

        if (job.Tasks.Count == 1)
        {
            return job.Tasks[0];
        }

        var failed = job.Tasks.Where(task => task.State == TaskState.Finished && task.Outcome is not (Outcome.Success or Outcome.Cancelled)).ToArray();
        return failed.Length == 1
            ? failed[0]
            : throw FarmException.Usage($"Run {job.JobId} has {job.Tasks.Count} tasks; name one: farm logs {job.JobId} TASK. See 'farm status {job.JobId}'.");
    }
}
