using System.Globalization;
using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Bench.Scheduling;

/// <summary>
/// What a decision costs, by the length of the queue. A decision is one report of a worker with the end of an attempt: the
/// completion is taken, the worker is known to have forgotten the one before, the best task of its pool that fits is started,
/// and the worker's desired state is made. One thread, no journal.
/// </summary>
internal static class SchedulerBench
{
    private const int Decisions = 200_000;
    private const int WarmUp = 40_000;

    private static readonly int[] Lengths = [10_000, 100_000, 1_000_000];

    /// <summary>Measures queues of these lengths; those of docs/performance.md when none is given.</summary>
    public static int Run(string[] options)
    {
        int[] lengths = options is [] ? Lengths : Array.ConvertAll(options, static option => int.Parse(option, CultureInfo.InvariantCulture));
        // The first queue has the code compiled.
        Measure(lengths[0], WarmUp);
        var measured = Array.ConvertAll(lengths, static queued => Measure(queued, Decisions));
        Report.Header(
            $"The scheduler alone: {QueueUnderTest.Workers} workers in {QueueUnderTest.Pools} pools, {Decisions} decisions each",
            ["queued tasks", .. lengths.Select(queued => Report.Number(queued, "0"))]);
        Row("decisions/s", static row => Report.Number(row.PerSecond, "0"));
        Row("cost of one, µs", static row => Report.Number(1e6 / row.PerSecond));
        Row("of it pauses of the collector, µs", static row => Report.Number(row.Paused));
        Row($"cost of one / with {lengths[0]}", row => Report.Ratio(measured[0].PerSecond, row.PerSecond));
        Row("looks of one: items compared, heads and workers tried", static row => Report.Number(row.Looks));
        Row("bytes allocated by one", static row => Report.Number(row.Allocated, "0"));
        Row("bytes of a queued task", static row => Report.Number(row.BytesOfATask, "0"));
        Row("tasks/s from submit to queue", static row => Report.Number(row.QueuedPerSecond, "0"));
        return 0;

        void Row(string what, Func<Measured, string> pick) => Report.Row([what, .. measured.Select(pick)]);
    }

    private static Measured Measure(int queued, int decisions)
    {
        var queue = QueueUnderTest.Full();
        var empty = GC.GetTotalMemory(forceFullCollection: true);
        var filling = TimeProvider.System.GetTimestamp();
        queue.Fill(queued);
        var filled = TimeProvider.System.GetElapsedTime(filling);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - empty;

        Decide(queue, 4 * QueueUnderTest.Slots);
        var (time, paused, looks, allocated) = Decide(queue, decisions);
        return new Measured(
            decisions / time.TotalSeconds,
            paused.TotalMicroseconds / decisions,
            (double)looks / decisions,
            (double)allocated / decisions,
            (double)bytes / queued,
            queued / filled.TotalSeconds);
    }

    private static (TimeSpan Time, TimeSpan Paused, long Looks, long Allocated) Decide(QueueUnderTest queue, int decisions)
    {
        var (time, paused, looks, allocated) = (TimeSpan.Zero, TimeSpan.Zero, 0L, 0L);
        for (var done = 0; done < decisions; done += QueueUnderTest.Workers)
        {
            if (done % QueueUnderTest.Slots == 0)
            {
                // What fills the queue up again is no part of a decision, nor is the garbage that it leaves.
                queue.Refill();
                GC.Collect(1);
            }

            var reports = queue.Reports();
            var (started, completed) = (queue.Started, queue.Completed);
            var (looksBefore, allocatedBefore) = (WorkCount.Looks, GC.GetAllocatedBytesForCurrentThread());
            var pausedBefore = GC.GetTotalPauseDuration();
            var start = TimeProvider.System.GetTimestamp();
            foreach (var report in reports)
            {
                queue.Decide(report);
            }

            time += TimeProvider.System.GetElapsedTime(start);
            paused += GC.GetTotalPauseDuration() - pausedBefore;
            looks += WorkCount.Looks - looksBefore;
            allocated += GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
            if (queue.Started - started != reports.Length || queue.Completed - completed != reports.Length)
            {
                throw new InvalidOperationException($"{reports.Length} reports gave {queue.Completed - completed} completions and {queue.Started - started} attempts");
            }
        }

        return (time, paused, looks, allocated);
    }

    /// <summary>What one length of the queue gives.</summary>
    private sealed record Measured(double PerSecond, double Paused, double Looks, double Allocated, double BytesOfATask, double QueuedPerSecond);
}
