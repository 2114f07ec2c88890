using System.Buffers;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;
using BuildFarm.V1;
using Lease = BuildFarm.Scheduling.Lease;
using Outcome = BuildFarm.Scheduling.Outcome;
using Resources = BuildFarm.Scheduling.Resources;
using ResultOrigin = BuildFarm.Scheduling.ResultOrigin;
using Task = System.Threading.Tasks.Task;
using WorkerOffer = BuildFarm.Scheduling.WorkerOffer;

namespace BuildFarm.Bench.Journal;

/// <summary>Writes the journal of a farm that has run jobs of a thousand tasks, one after the other.</summary>
internal sealed class JournalFiller(IJournal journal)
{
    private const int TasksOfAJob = 1000;
    private const int RecordsOfAFlush = 500;

    private static readonly DateTimeOffset At = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly WorkerId Worker = new("worker-1");

    private readonly EventCodec _codec = new();
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<Range> _records = [];

    /// <summary>Events written; facts come on top.</summary>
    public long Events { get; private set; }

    /// <summary>Bytes of all records.</summary>
    public long Bytes { get; private set; }

    public async Task FillAsync(long events)
    {
        await BeginAsync();
        for (var job = 0; Events < events; job++)
        {
            await WriteJobAsync(job);
        }

        await FlushAsync();
    }

    /// <summary>Writes the journal of a farm with jobs of as many tasks, all of them queued.</summary>
    public async Task FillQueuedAsync(int jobs, int tasksOfAJob)
    {
        await BeginAsync();
        for (var job = 0; job < jobs; job++)
        {
            var id = Submit(job, tasksOfAJob);
            for (var i = 0; i < tasksOfAJob; i++)
            {
                WriteQueued(new TaskId(id, i), new ExecutionId(((long)job * tasksOfAJob) + i + 1));
                if (_records.Count >= RecordsOfAFlush)
                {
                    await FlushAsync();
                }
            }
        }

        await FlushAsync();
    }

    private async Task WriteJobAsync(int number)
    {
        var job = Submit(number, TasksOfAJob);
        for (var i = 0; i < TasksOfAJob; i++)
        {
            WriteTask(new TaskId(job, i), new ExecutionId(((long)number * TasksOfAJob) + i + 1));
            if (_records.Count >= RecordsOfAFlush)
            {
                await FlushAsync();
            }
        }

        Add(new JobEnded(job, At.AddSeconds(number + 1)));
    }

    private async Task BeginAsync()
    {
        await journal.OpenAsync(CancellationToken.None);
        Add(new JournalNamed("0123abcd"));
        Add(new PoolsDeclared([new PoolSpec("default", Platform.Empty)]));
        Add(new WorkerJoined(Worker, "i1", new WorkerOffer("default", Platform.Empty, new Resources(64_000, 64L << 30)), At));
    }

    private JobId Submit(int number, int tasks)
    {
        var job = new JobId($"{number:x8}");
        var names = Enumerable.Range(0, tasks).Select(i => $"compile src/module{i}.cpp").ToList();
        var request = new SubmitJobRequest { Spec = new V1.JobSpec { Name = "build", Tasks = { names.Select(name => new TaskTemplate { Name = name, Arguments = { "g++", "-O2", "-c", name } }) } } };
        Add(new JobSubmitted(job.Value, request));
        Add(new JobBegan(job, "", new BuildFarm.Scheduling.JobSpec("build", [.. names.Select(name => new TaskSpec(name))]), At.AddSeconds(number)));
        return job;
    }

    private void WriteQueued(TaskId task, ExecutionId execution)
    {
        Add(new TaskResolving(task));
        Add(new ExecutionCreated(execution, new ActionId($"\nroot\n{execution.Value:x64}/142"), task, Cacheable: true));
        Add(new ExecutionQueued(execution, At));
    }

    private void WriteTask(TaskId task, ExecutionId execution)
    {
        var lease = new Lease(execution, 1);
        var handle = $"result of {lease}";
        WriteQueued(task, execution);
        Add(new AttemptStarted(lease, Worker, new Resources(1000, 1 << 30), At));
        Add(new ResultReceived(handle, new Completion { Outcome = V1.Outcome.Success, Result = new(), Usage = new ResourceUsage { PeakMemoryBytes = 1 << 28 } }));
        Add(new ExecutionFinished(execution, ResultOrigin.Executed, Outcome.Success, 0, new ResultHandle(handle), "", new AttemptUsage(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), 1 << 28, default, default), At));
        Add(new HoldingDropped(Worker, lease));
    }

    private void Add(Event change)
    {
        Events++;
        var start = _bytes.WrittenCount;
        _codec.Encode(change, _bytes);
        _records.Add(start.._bytes.WrittenCount);
    }

    private void Add(JournalFact fact)
    {
        var start = _bytes.WrittenCount;
        _codec.Encode(fact, _bytes);
        _records.Add(start.._bytes.WrittenCount);
    }

    private async Task FlushAsync()
    {
        await journal.AppendAsync(_records.ConvertAll(range => _bytes.WrittenMemory[range]), CancellationToken.None);
        await journal.FlushAsync(CancellationToken.None);
        Bytes += _bytes.WrittenCount;
        _bytes.ResetWrittenCount();
        _records.Clear();
    }
}
