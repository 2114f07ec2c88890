using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Scheduling.State;

/// <summary>
/// A job's executions of one priority: what fair share is counted by. A flow's pass grows with the CPU time that it is given; the
/// flow with the smallest goes first.
/// </summary>
internal sealed class Flow(JobEntry job, PriorityLevel level)
{
    private const long DefaultTicks = 10 * TimeSpan.TicksPerSecond;
    private const long MostTicks = TimeSpan.TicksPerDay;
    private bool _keepsPass;

    public JobEntry Job { get; } = job;

    public PriorityLevel Level { get; } = level;

    /// <summary>CPU seconds, in thousandths, that count for it.</summary>
    public long Pass { get; private set; }

    /// <summary>How many executions wait.</summary>
    public int Waiting { get; private set; }

    /// <summary>What its executions took lately; zero before the first has ended.</summary>
    public long MeanTicks { get; private set; }

    /// <summary>Where they wait: one place for each shape.</summary>
    public List<FlowQueue> Places { get; } = [];

    /// <summary>What it goes by: its pass, after every flow of children, whose parents hold memory while they wait.</summary>
    public long Key => Job.Spec.Parent is null ? Pass : Pass - (long.MaxValue / 2);

    /// <summary>Goes first: children, then the smaller pass, then the older job.</summary>
    public bool GoesBefore(Flow other)
    {
        if (Key != other.Key)
        {
            return Key < other.Key;
        }

        return Job.Sequence != other.Job.Sequence ? Job.Sequence < other.Job.Sequence : Level.Priority > other.Level.Priority;
    }

    /// <summary>One more waits.</summary>
    public void Enter()
    {
        if (Waiting++ > 0)
        {
            return;
        }

        if (!Level.Shares.TryGetValue(Job.Spec.Submitter, out var share))
        {
            Level.Shares.Add(Job.Spec.Submitter, share = new Share());
        }

        share.WaitingFlows++;
        Pass = _keepsPass ? Pass : Math.Max(Pass, Level.Pass);
        _keepsPass = false;
    }

    /// <summary>As a snapshot has it, before what waits in it enters.</summary>
    public void Restore(long pass, long meanTicks, bool waits)
    {
        Pass = pass;
        MeanTicks = meanTicks;
        _keepsPass = waits;
    }

    /// <summary>One no longer waits.</summary>
    public void Leave()
    {
        if (--Waiting > 0)
        {
            return;
        }

        var share = Level.Shares[Job.Spec.Submitter];
        if (--share.WaitingFlows == 0)
        {
            Level.Shares.Remove(Job.Spec.Submitter);
        }
    }

    /// <summary>One that still waits starts: its CPU time is counted as it is expected to be.</summary>
    public CountedTime Charge(ExecutionEntry execution, Resources charge)
    {
        Level.Pass = Math.Max(Level.Pass, Pass);
        var expected = execution.ExpectedTicks > 0 ? execution.ExpectedTicks : MeanTicks > 0 ? MeanTicks : DefaultTicks;
        var counted = new CountedTime(this, expected, Level.Shares[Job.Spec.Submitter].WaitingFlows);
        Move(Cost(expected, charge) * counted.Flows);
        return counted;
    }

    /// <summary>What was counted as expected has taken so long.</summary>
    public void Correct(CountedTime counted, Resources charge, TimeSpan took)
    {
        var ticks = Math.Clamp(took.Ticks, 0, MostTicks);
        MeanTicks = MeanTicks == 0 ? ticks : ((3 * MeanTicks) + ticks) / 4;
        Move((Cost(ticks, charge) - Cost(counted.Ticks, charge)) * counted.Flows);
    }

    private static long Cost(long ticks, Resources charge) =>
        Math.Max(1, Math.Min(ticks, MostTicks) / (TimeSpan.TicksPerSecond / 1000) * charge.CpuMillis / 1000);

    private void Move(long by)
    {
        Pass += by;
        foreach (var place in Places)
        {
            place.Moved();
        }
    }
}
