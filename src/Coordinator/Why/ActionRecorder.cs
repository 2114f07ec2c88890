using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Journal;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Why;

/// <summary>
/// Keeps the actions that had no result, beside the work: nothing waits for it, and what does not fit into its queue is not remembered.
/// </summary>
public sealed partial class ActionRecorder(IActionHistory history, IBlobStore blobs, TimeProvider time, ILogger<ActionRecorder> logger) : BackgroundService
{
    private const int LargestBatch = 256;
    private const int LongestProgram = 1000;
    private const int OutputsDigits = 32;

    private readonly Channel<Item> _queue = Channel.CreateBounded<Item>(new BoundedChannelOptions(20_000) { SingleReader = true });

    /// <summary>A task's action has no result, or none was asked for.</summary>
    public void Note(JobRecord job, int index, ActionKey key)
    {
        ArgumentNullException.ThrowIfNull(job);
        var seen = new SeenAction(key.InstanceName, key.Environment, key.Action, job.Id.Value, job.Spec.Tasks[index].Name, "", "", time.GetUtcNow());
        _ = _queue.Writer.TryWrite(new Item(seen, null));
    }

    /// <summary>Completes when everything that was noted before is kept.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _queue.Writer.WriteAsync(new Item(null, done), cancellationToken);
        await done.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(stoppingToken))
            {
                await KeepAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was noted until now is kept all the same.
            _queue.Writer.TryComplete();
            while (_queue.Reader.TryPeek(out _))
            {
                await KeepAsync(CancellationToken.None);
            }
        }
    }

    private async ValueTask KeepAsync(CancellationToken cancellationToken)
    {
        var seen = new List<SeenAction>();
        var waiting = new List<TaskCompletionSource>();
        try
        {
            while (seen.Count < LargestBatch && _queue.Reader.TryRead(out var item))
            {
                if (item.Done is { } done)
                {
                    waiting.Add(done);
                }
                else
                {
                    seen.Add(await CompleteAsync(item.Seen!, cancellationToken));
                }
            }

            if (seen.Count > 0)
            {
                await history.AddAsync(seen, cancellationToken);
            }
        }
        catch (JournalException e)
        {
            LogNotKept(seen.Count, e.Message);
        }
        finally
        {
            waiting.ForEach(static done => done.TrySetResult());
        }
    }

    private async ValueTask<SeenAction> CompleteAsync(SeenAction seen, CancellationToken cancellationToken)
    {
        try
        {
            return await ActionParts.ReadAsync(seen, blobs, cancellationToken) is { } parts
                ? seen with { Outputs = OutputsOf(parts), Program = ProgramOf(parts) }
                : seen;
        }
        catch (Exception e) when (e is BlobStoreException or IOException or Grpc.Core.RpcException or InvalidDataException or FormatException)
        {
            return seen;
        }
    }

    private static string OutputsOf(ActionParts parts)
    {
        var outputs = parts.Outputs.ToList();
        var text = $"{parts.Command.WorkingDirectory}\n{string.Join('\n', outputs)}";
        return outputs.Count == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..OutputsDigits];
    }

    private static string ProgramOf(ActionParts parts) =>
        string.Concat(parts.Command.Arguments.FirstOrDefault("").Where(static c => !char.IsControl(c)).Take(LongestProgram));

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "{Count} actions are not remembered for 'farm why': {Reason}")]
    private partial void LogNotKept(int count, string reason);

    private readonly record struct Item(SeenAction? Seen, TaskCompletionSource? Done);
}
