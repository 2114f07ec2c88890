using BuildFarm.Cli.Commands;
using BuildFarm.Cli.Connection;
using BuildFarm.Hosting.Local;
using BuildFarm.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Cli.Farms;

/// <summary>A farm for the length of one command.</summary>
internal static class EmbeddedFarm
{
    private const string NoIsolation = "--isolation none";

    // A farm that starts has its folders before it listens.
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>Starts one on the user's data folder, or joins the farm that has it already.</summary>
    public static Task<FarmConnection> StartAsync(CommandContext context, CancellationToken cancellationToken) =>
        StartAsync(context, DataDirectory.DefaultPath(), hasSocket: true, cancellationToken);

    /// <summary>Starts one on a data folder of its own, whatever else runs.</summary>
    public static Task<FarmConnection> StartAsync(CommandContext context, string dataFolder, CancellationToken cancellationToken) =>
        StartAsync(context, dataFolder, hasSocket: false, cancellationToken);

    private static async Task<FarmConnection> StartAsync(CommandContext context, string dataFolder, bool hasSocket, CancellationToken cancellationToken)
    {
        LocalFarm farm;
        try
        {
            farm = await LocalFarm.StartAsync(
                new LocalFarmOptions
                {
                    DataFolder = dataFolder,
                    Holder = "a farm command",
                    Port = 0,
                    HttpPort = null,
                    HasSocket = hasSocket,
                    KeepsJobs = false,
                    ObeysSignals = false,
                    Talks = false,
                    DrainGrace = TimeSpan.Zero,
                },
                cancellationToken);
        }
        catch (FarmException error) when (hasSocket && error.InnerException is DataDirectoryInUseException or LocalFarmSocketException)
        {
            // Another command was faster; its farm serves this one too.
            if (await FindStartingAsync(context.Time, cancellationToken) is { } found)
            {
                return found;
            }

            throw;
        }
        catch (FarmException error) when (error.Message.Contains(NoIsolation, StringComparison.Ordinal))
        {
            // The worker gives advice in terms of its own options, which this command does not have.
            throw new FarmException(
                $"{error.Message} Only 'farm up' takes that option: run 'farm up {NoIsolation}' in another terminal, then this command again.", error.ExitCode, error);
        }

        var channel = GrpcChannel.ForAddress(farm.Address);
        return new FarmConnection(channel.CreateCallInvoker(), "this process", isEmbedded: true, string.Empty, async () =>
        {
            await LetOthersEndAsync(channel, context);
            channel.Dispose();
            await farm.DisposeAsync();
        });
    }

    private static async Task<FarmConnection?> FindStartingAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = LocalFarmSocket.OfCurrentUser();
        for (var began = time.GetTimestamp(); time.GetElapsedTime(began) < StartPatience; await Task.Delay(LookEvery, time, cancellationToken))
        {
            if (socket.IsListening())
            {
                return FarmFinder.Connect([socket.Address], string.Empty);
            }
        }

        return null;
    }

    // Commands that joined meanwhile would lose their runs with this process.
    private static async Task LetOthersEndAsync(GrpcChannel channel, CommandContext context)
    {
        var jobs = new Jobs.JobsClient(channel.CreateCallInvoker());
        try
        {
            var told = false;
            foreach (var job in (await jobs.ListJobsAsync(new ListJobsRequest { PageSize = 1000 })).Jobs.Where(job => job.State == JobState.Active))
            {
                if (!told)
                {
                    told = true;
                    await context.Terminal.Error.WriteLineAsync("Another command uses the farm of this one; staying until its run has ended. Ctrl-C ends both.");
                }

                using var watch = jobs.WatchJob(new WatchJobRequest { JobId = job.JobId, SinceSequence = job.Sequence });
                while (await watch.ResponseStream.MoveNext(CancellationToken.None))
                {
                    // Only the end of the stream counts.
                }
            }
        }
        catch (RpcException)
        {
            // The farm is ending by itself; there is nothing to stay for.
        }
    }
}
