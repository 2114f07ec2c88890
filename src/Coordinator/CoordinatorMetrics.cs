using System.Diagnostics.Metrics;
using BuildFarm.Hosting.Telemetry;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator;

/// <summary>The coordinator's instruments. Rates and sums are the exporter's business: these only count.</summary>
public sealed class CoordinatorMetrics : IDisposable
{
    // Of this host: what a former one in the same process counted ends with it.
    private readonly Meter _meter = new(FarmTelemetry.Prefix + ".Coordinator");

    private readonly Counter<long> _submitted;
    private readonly Counter<long> _finished;
    private readonly Counter<long> _decisions;
    private readonly Counter<long> _rounds;
    private readonly Lock _gate = new();
    private SchedulerCounters _counters;
    private long _unfinished;

    /// <summary>Makes its instruments.</summary>
    public CoordinatorMetrics()
    {
        _submitted = _meter.CreateCounter<long>("buildfarm.tasks.submitted", "{task}", "Tasks of accepted jobs");
        _finished = _meter.CreateCounter<long>("buildfarm.tasks.finished", "{task}", "Finished tasks by outcome and origin");
        _decisions = _meter.CreateCounter<long>("buildfarm.loop.commands", "{command}", "Commands that the scheduler executed");
        _rounds = _meter.CreateCounter<long>("buildfarm.loop.rounds", "{round}", "Rounds of the scheduler loop, each at most one flush");
        _meter.CreateObservableUpDownCounter("buildfarm.tasks.unfinished", () => Interlocked.Read(ref _unfinished), "{task}", "Accepted tasks that have not finished");
        _meter.CreateObservableCounter("buildfarm.attempts.started", () => Last().AttemptsStarted, "{attempt}", "Attempts given to workers");
        _meter.CreateObservableCounter("buildfarm.attempts.lost", () => Last().AttemptsLost, "{attempt}", "Attempts lost with their worker");
        _meter.CreateObservableCounter("buildfarm.attempts.copies", () => Last().CopiesStarted, "{attempt}", "Second attempts of tasks that took too long");
        _meter.CreateObservableCounter("buildfarm.attempts.placed_with_inputs", () => Last().PlacedWithInputs, "{attempt}", "Attempts on workers that had their inputs or image lately, or a part of them");
        _meter.CreateObservableCounter("buildfarm.attempts.placed_elsewhere", () => Last().PlacedElsewhere, "{attempt}", "Attempts on workers that had nothing of their inputs or image");
        _meter.CreateObservableCounter("buildfarm.completions.refused", () => Last().CompletionsRefused, "{completion}", "Completions under a lease that was no longer valid");
        _meter.CreateObservableCounter("buildfarm.workers.lost", () => Last().WorkersLost, "{worker}", "Workers that stayed silent beyond their lease");
    }

    /// <inheritdoc />
    public void Dispose() => _meter.Dispose();

    internal void Submitted(int tasks)
    {
        _submitted.Add(tasks);
        Interlocked.Add(ref _unfinished, tasks);
    }

    internal void Finished(Outcome outcome, ResultOrigin origin)
    {
        _finished.Add(1, new("outcome", outcome.ToString()), new("origin", origin.ToString()));
        Interlocked.Decrement(ref _unfinished);
    }

    internal void Observe(SchedulerCounters counters, int commands)
    {
        _decisions.Add(commands);
        _rounds.Add(1);
        lock (_gate)
        {
            _counters = counters;
        }
    }

    private SchedulerCounters Last()
    {
        lock (_gate)
        {
            return _counters;
        }
    }
}
