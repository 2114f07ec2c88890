using System.Globalization;
using BuildFarm.Bench.Journal;
using BuildFarm.Coordinator;
using BuildFarm.TestKit.Workers;
using BuildFarm.V1;

namespace BuildFarm.Bench.Drain;

/// <summary>
/// A large job of distinct tasks through a coordinator with its journal, over the worker's real link, by a worker that starts no
/// container: how fast it drains, what the process holds meanwhile, and how soon a cancelled one has ended.
/// </summary>
internal static class DrainBench
{
    private const int DefaultTasks = 100_000;
    private const int Slots = 64;
    private const int Samples = 12;

    public static async Task<int> RunAsync(string[] options)
    {
        var tasks = options is [var count, ..] ? int.Parse(count, CultureInfo.InvariantCulture) : DefaultTasks;
        var folder = Directory.CreateTempSubdirectory("buildfarm-bench-").FullName;
        try
        {
            await using var coordinator = await CoordinatorUnderTest.StartAsync(new JournalOptions { Directory = folder });
            using var channel = coordinator.Connect();
            await using var worker = await InstantWorker.LinkAsync(channel, Slots);
            var jobs = new Jobs.JobsClient(channel);
            // The first job has the code compiled.
            await DrainAsync(jobs, worker, Slots * 10, static _ => { });

            var held = new List<(long Done, double MiB)>();
            var (submitted, drained) = await DrainAsync(jobs, worker, tasks, done => held.Add((done, GC.GetTotalMemory(forceFullCollection: true) / (double)(1 << 20))));
            var (answered, ended) = await CancelAsync(jobs, worker, tasks);
            Print(tasks, submitted, drained, answered, ended, held);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(TimeSpan Submitted, TimeSpan Drained)> DrainAsync(Jobs.JobsClient jobs, InstantWorker worker, int tasks, Action<long> sample)
    {
        var before = worker.Taken;
        var start = TimeProvider.System.GetTimestamp();
        var id = await SubmitAsync(jobs, tasks);
        var submitted = TimeProvider.System.GetElapsedTime(start);
        var end = EndOfAsync(jobs, id);
        var drained = TimeSpan.Zero;
        for (var i = 1; i <= Samples; i++)
        {
            start = TimeProvider.System.GetTimestamp();
            var done = (long)tasks * i / Samples;
            await worker.RunToAsync(before + done);
            drained += TimeProvider.System.GetElapsedTime(start);
            if (i < Samples)
            {
                // The job leaves with its last task.
                sample(done);
            }
        }

        var summary = (await end).Summary;
        return summary.Succeeded == tasks ? (submitted, drained) : throw new InvalidOperationException($"not every task succeeded: {summary}");
    }

    private static async Task<(TimeSpan Answered, TimeSpan Ended)> CancelAsync(Jobs.JobsClient jobs, InstantWorker worker, int tasks)
    {
        var id = await SubmitAsync(jobs, tasks);
        var end = EndOfAsync(jobs, id);
        await worker.RunToAsync(worker.Taken + (tasks / 2));
        var start = TimeProvider.System.GetTimestamp();
        await jobs.CancelJobAsync(new CancelJobRequest { JobId = id, Reason = "half of it is enough" });
        var answered = TimeProvider.System.GetElapsedTime(start);
        var summary = (await end).Summary;
        var ended = TimeProvider.System.GetElapsedTime(start);
        return summary.Succeeded + summary.Cancelled == tasks && summary.Succeeded == tasks / 2
            ? (answered, ended)
            : throw new InvalidOperationException($"the job did not end half-way: {summary}");
    }

    private static async Task<string> SubmitAsync(Jobs.JobsClient jobs, int tasks)
    {
        var spec = new JobSpec { Name = "drain", Submitter = "bench" };
        var mark = Guid.NewGuid().ToString("n");
        spec.Tasks.AddRange(Enumerable.Range(0, tasks).Select(i => new TaskTemplate { Name = $"compile src/module{i}.cpp", Arguments = { "g++", "-c", $"module{i}.cpp", mark } }));
        return (await jobs.SubmitJobAsync(new SubmitJobRequest { Spec = spec })).JobId;
    }

    /// <summary>The job as it ended, by a watcher who reads every event.</summary>
    private static async Task<Job> EndOfAsync(Jobs.JobsClient jobs, string id)
    {
        using var watch = jobs.WatchJob(new WatchJobRequest { JobId = id });
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            if (watch.ResponseStream.Current.Finished is { } finished)
            {
                return finished;
            }
        }

        throw new InvalidOperationException($"the events of job {id} ended before it had finished");
    }

    private static void Print(int tasks, TimeSpan submitted, TimeSpan drained, TimeSpan answered, TimeSpan ended, List<(long Done, double MiB)> held)
    {
        Report.Header($"A job of {tasks} distinct tasks, a worker of {Slots} slots that starts nothing, SQLite, one watcher", "what", "value");
        Report.Row("submit, s", Report.Number(submitted.TotalSeconds));
        Report.Row("drain, s", Report.Number(drained.TotalSeconds));
        Report.Row("tasks/s", Report.Number(tasks / drained.TotalSeconds, "0"));
        Report.Row("cancelled half-way: answer, s", Report.Number(answered.TotalSeconds));
        Report.Row("cancelled half-way: every task ended and told of, s", Report.Number(ended.TotalSeconds));
        var third = held.Count / 3;
        var (first, last) = (held.Take(third).Average(static sample => sample.MiB), held.TakeLast(third).Average(static sample => sample.MiB));
        Report.Row("held in the last third of the drain / in the first", Report.Ratio(last, first));

        Report.Header("What the process holds while it drains, after a collection", "tasks done", "MiB");
        foreach (var (done, mebibytes) in held)
        {
            Report.Row(Report.Number(done, "0"), Report.Number(mebibytes, "0"));
        }
    }
}
