using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>
/// Fair share counted from events alone: a job's claim at one priority grows by the CPU time that its attempts are expected to take,
/// as many times as its submitter has jobs waiting there, and is put right when one ends. Who begins to wait begins where the last one started.
/// </summary>
internal sealed class FairShareModel
{
    private const long DefaultTicks = 10 * TimeSpan.TicksPerSecond;

    private readonly Dictionary<Claim, Standing> _standings = [];
    private readonly Dictionary<int, long> _started = [];
    private readonly Dictionary<ExecutionId, (Claim Claim, long Ticks, int Jobs)> _counted = [];
    private readonly Dictionary<Lease, (Resources Charge, DateTimeOffset At)> _attempts = [];
    private readonly Dictionary<ExecutionId, long> _expected = [];
    private Dictionary<Claim, string> _waiting = [];

    /// <summary>What a coordinator that has come back begins with.</summary>
    public void Adopt(SchedulerState state)
    {
        _standings.Clear();
        _started.Clear();
        _counted.Clear();
        _attempts.Clear();
        foreach (var flow in state.JobsById.Values.SelectMany(static job => job.Flows))
        {
            _standings[new Claim(flow.Job.Id, flow.Level.Priority)] = new Standing { Pass = flow.Pass, Mean = flow.MeanTicks };
        }

        foreach (var level in state.Levels.Values)
        {
            _started[level.Priority] = level.Pass;
        }

        foreach (var execution in state.Executions.Values)
        {
            _expected[execution.Id] = execution.ExpectedTicks;
            if (execution.Counted is { Flow: { } flow } counted)
            {
                _counted[execution.Id] = (new Claim(flow.Job.Id, flow.Level.Priority), counted.Ticks, counted.Flows);
            }

            foreach (var holding in new[] { execution.Live, execution.Copy }.OfType<Holding>())
            {
                _attempts[holding.Lease] = (holding.Charge, holding.StartedAt ?? default);
            }
        }

        _waiting = Waiting(state);
    }

    /// <summary>How long an execution is expected to take, by what it was made from.</summary>
    public long ExpectedOf(ExecutionId execution) => _expected[execution];

    /// <summary>CPU milliseconds that count for the claim by which an execution goes.</summary>
    public long PassOf(ExecutionEntry execution) => StandingOf(ClaimOf(execution)).Pass;

    public void Apply(SchedulerState state, Event change)
    {
        switch (change)
        {
            case ExecutionCreated created:
                _expected[created.Execution] = state.FindRef(created.Task)!.Value.Spec.ExpectedDuration.Ticks;
                break;
            case AttemptStarted started:
                _attempts[started.Lease] = (started.Charge, started.At);
                Charge(state.Executions[started.Lease.Execution], started.Charge);
                break;
            case CopyStarted copied:
                _attempts[copied.Lease] = (copied.Charge, copied.At);
                break;
            case ExecutionFinished { Origin: ResultOrigin.Executed } finished:
                Correct(finished);
                break;
            case JobEnded ended:
                foreach (var claim in _standings.Keys.Where(claim => claim.Job == ended.Job).ToList())
                {
                    _standings.Remove(claim);
                }

                break;
        }

        var waiting = Waiting(state);
        foreach (var claim in waiting.Keys.Where(claim => !_waiting.ContainsKey(claim)))
        {
            var standing = StandingOf(claim);
            standing.Pass = Math.Max(standing.Pass, _started.GetValueOrDefault(claim.Priority));
        }

        _waiting = waiting;
    }

    private static Claim ClaimOf(ExecutionEntry execution) => new(execution.Flow.Job.Id, execution.Flow.Level.Priority);

    private static Dictionary<Claim, string> Waiting(SchedulerState state)
    {
        var waiting = new Dictionary<Claim, string>();
        foreach (var execution in state.Executions.Values)
        {
            if (execution.Phase == ExecutionPhase.Queued)
            {
                waiting[ClaimOf(execution)] = execution.Flow.Job.Spec.Submitter;
            }
        }

        return waiting;
    }

    private void Charge(ExecutionEntry execution, Resources charge)
    {
        var claim = ClaimOf(execution);
        var standing = StandingOf(claim);
        _started[claim.Priority] = Math.Max(_started.GetValueOrDefault(claim.Priority), standing.Pass);
        var expected = _expected[execution.Id];
        var ticks = expected > 0 ? expected : standing.Mean > 0 ? standing.Mean : DefaultTicks;
        var jobs = _waiting.Count(other => other.Key.Priority == claim.Priority && string.Equals(other.Value, _waiting[claim], StringComparison.Ordinal));
        standing.Pass += Cost(ticks, charge) * jobs;
        _counted[execution.Id] = (claim, ticks, jobs);
    }

    private void Correct(ExecutionFinished finished)
    {
        var (charge, at) = _attempts[new Lease(finished.Execution, finished.Epoch)];
        if (_counted.TryGetValue(finished.Execution, out var counted) && _standings.TryGetValue(counted.Claim, out var standing))
        {
            var took = Math.Clamp((finished.At - at).Ticks, 0, TimeSpan.TicksPerDay);
            standing.Mean = standing.Mean == 0 ? took : ((3 * standing.Mean) + took) / 4;
            standing.Pass += (Cost(took, charge) - Cost(counted.Ticks, charge)) * counted.Jobs;
        }
    }

    private static long Cost(long ticks, Resources charge) =>
        Math.Max(1, Math.Min(ticks, TimeSpan.TicksPerDay) / TimeSpan.TicksPerMillisecond * charge.CpuMillis / 1000);

    private Standing StandingOf(Claim claim)
    {
        if (!_standings.TryGetValue(claim, out var standing))
        {
            _standings.Add(claim, standing = new Standing());
        }

        return standing;
    }

    private readonly record struct Claim(JobId Job, int Priority);

    private sealed class Standing
    {
        public long Pass { get; set; }

        public long Mean { get; set; }
    }
}
