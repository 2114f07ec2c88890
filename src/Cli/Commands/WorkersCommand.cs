using System.CommandLine;
using System.Globalization;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Output;
using BuildFarm.Hosting;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm workers</c>: who works, on what, and the pools that are declared.</summary>
internal static class WorkersCommand
{
    private static readonly Option<bool> Json = CommonOptions.Json();

    private static readonly Option<string?> Release = new("--release") { Description = "End the quarantine of a worker.", HelpName = "WORKER" };

    public static Command Create(CommandContext context)
    {
        var command = new Command("workers", "List workers and pools.") { Release, Json };
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var farm = context.Finder(parsed).FindRunning();
        ListWorkersResponse answer;
        if (parsed.GetValue(Release) is { } worker)
        {
            return await ReleaseAsync(context, farm, worker, cancellationToken);
        }

        try
        {
            answer = await farm.Admin.ListWorkersAsync(new ListWorkersRequest(), cancellationToken: cancellationToken);
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(farm.Address, "listing workers");
        }

        if (parsed.GetValue(Json))
        {
            WriteJson(new JsonLines(context.Terminal.Out), answer);
        }
        else
        {
            WriteText(context, farm, answer);
        }

        return ExitCode.Ok;
    }

    private static async Task<int> ReleaseAsync(CommandContext context, FarmConnection farm, string worker, CancellationToken cancellationToken)
    {
        try
        {
            await farm.Admin.ReleaseWorkerAsync(new ReleaseWorkerRequest { WorkerId = worker }, cancellationToken: cancellationToken);
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(farm.Address, $"releasing worker {worker}");
        }

        await context.Terminal.Error.WriteLineAsync($"Worker {worker} takes tasks again.");
        return ExitCode.Ok;
    }

    private static void WriteText(CommandContext context, FarmConnection farm, ListWorkersResponse answer)
    {
        var workers = new TextTable("WORKER", "POOL", "STATE", "CPU", "MEMORY", "HEARD", "DISCONNECTS", "RUNTIME", "RUNNING");
        foreach (var worker in answer.Workers)
        {
            var (capacity, used) = (worker.Offer?.Capacity ?? new Resources(), worker.InUse ?? new Resources());
            workers.Add(
                TaskText.Clean(worker.WorkerId),
                TaskText.Clean(worker.Offer?.Pool ?? string.Empty),
                State(worker.Condition),
                string.Create(CultureInfo.InvariantCulture, $"{used.CpuMillis / 1000.0:0.##}/{capacity.CpuMillis / 1000.0:0.##}"),
                $"{Durations.Bytes(used.MemoryBytes)}/{Durations.Bytes(capacity.MemoryBytes)}",
                JobText.Ago(worker.LastHeardAt, context.Time),
                worker.Disconnects.ToString(CultureInfo.InvariantCulture),
                TaskText.Clean(worker.Offer?.Runtime ?? string.Empty),
                TaskText.Clean(string.Join(", ", worker.Running)));
        }

        workers.WriteTo(context.Terminal.OutText);
        foreach (var worker in answer.Workers.Where(static worker => worker.Evicted.Length > 0))
        {
            context.Terminal.OutText.WriteLine($"worker {TaskText.Clean(worker.WorkerId)} is evicted: {TaskText.Clean(worker.Evicted)}");
        }

        foreach (var worker in answer.Workers.Where(worker => worker.Reason.Length > 0))
        {
            var release = worker.Condition == WorkerCondition.Quarantined ? $"; end it with: farm workers --release {TaskText.Clean(worker.WorkerId)}" : string.Empty;
            context.Terminal.OutText.WriteLine($"worker {TaskText.Clean(worker.WorkerId)}: {TaskText.Clean(worker.Reason)}{release}");
        }

        foreach (var pool in answer.Pools)
        {
            var platform = string.Join(", ", pool.Platform.Select(property => $"{property.Key}={property.Value}").Order(StringComparer.Ordinal));
            context.Terminal.OutText.WriteLine(
                $"pool {TaskText.Clean(pool.Name)}: workers {pool.Workers}, queued tasks {pool.Queued}{(platform.Length > 0 ? $"; offers {TaskText.Clean(platform)}" : string.Empty)}");
        }

        if (answer.Workers.Count == 0)
        {
            context.Terminal.Error.WriteLine($"No worker is linked to the farm at {farm.Address}; tasks wait until one is.");
        }
    }

    private static void WriteJson(JsonLines lines, ListWorkersResponse answer)
    {
        foreach (var worker in answer.Workers)
        {
            lines.Write("buildfarm.worker/1", json =>
            {
                json.WriteString("worker", worker.WorkerId);
                json.WriteString("pool", worker.Offer?.Pool);
                json.WriteString("state", State(worker.Condition));
                json.WriteString("reason", worker.Reason);
                json.WriteString("runtime", worker.Offer?.Runtime);
                json.WriteString("environment", worker.Offer?.Environment);
                json.WriteNumber("cpu_millis", worker.Offer?.Capacity?.CpuMillis ?? 0);
                json.WriteNumber("cpu_millis_in_use", worker.InUse?.CpuMillis ?? 0);
                json.WriteNumber("memory_bytes", worker.Offer?.Capacity?.MemoryBytes ?? 0);
                json.WriteNumber("memory_bytes_in_use", worker.InUse?.MemoryBytes ?? 0);
                json.WriteStartArray("running");
                foreach (var task in worker.Running)
                {
                    json.WriteStringValue(task);
                }

                json.WriteEndArray();
                JsonFields.Time(json, "linked_at", worker.LinkedAt);
                JsonFields.Time(json, "last_heard_at", worker.LastHeardAt);
                json.WriteNumber("disconnects", worker.Disconnects);
                json.WriteString("evicted", worker.Evicted);
            });
        }
    }

    private static string State(WorkerCondition condition) => condition switch
    {
        WorkerCondition.Ready => "ready",
        WorkerCondition.Draining => "draining",
        WorkerCondition.Lost => "lost",
        WorkerCondition.Evicted => "evicted",
        WorkerCondition.Quarantined => "quarantine",
        _ => "unknown",
    };
}
