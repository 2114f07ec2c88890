using System.Diagnostics.Metrics;
using BuildFarm.Hosting.Telemetry;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator;

/// <summary>The coordinator's instruments. Rates and sums are the exporter's business: these only count.</summary>
public sealed class CoordinatorMetrics
{
    private readonly Counter<long> _submitted = FarmTelemetry.Meter.CreateCounter<long>("buildfarm.tasks.submitted", "{task}", "Tasks of accepted jobs");
    private readonly Counter<long> _finished = FarmTelemetry.Meter.CreateCounter<long>("buildfarm.tasks.finished", "{task}", "Finished tasks by outcome and origin");
    private readonly Counter<long> _decisions = FarmTelemetry.Meter.CreateCounter<long>("buildfarm.loop.commands", "{command}", "Commands that the scheduler executed");
    private readonly Counter<long> _rounds = FarmTelemetry.Meter.CreateCounter<long>("buildfarm.loop.rounds", "{round}", "Rounds of the scheduler loop, each at most one flush");
    private SchedulerCounters _counters;
    private long _unfinished;

    public CoordinatorMetrics()
    {
        FarmTelemetry.Meter.CreateObservableUpDownCounter("buildfarm.tasks.unfinished", () => Interlocked.Read(ref _unfinished), "{task}", "Accepted tasks that have not finished");
        FarmTelemetry.Meter.CreateObservableCounter("buildfarm.attempts.started", () => Last().AttemptsStarted, "{attempt}", "Attempts given to workers");
        FarmTelemetry.Meter.CreateObservableCounter("buildfarm.attempts.lost", () => Last().AttemptsLost, "{attempt}", "Attempts lost with their worker");
        FarmTelemetry.Meter.CreateObservableCounter("buildfarm.completions.refused", () => Last().CompletionsRefused, "{completion}", "Completions under a lease that was no longer valid");
        FarmTelemetry.Meter.CreateObservableCounter("buildfarm.workers.lost", () => Last().WorkersLost, "{worker}", "Workers that stayed silent beyond their lease");
    }

    private readonly Lock _gate = new();

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
