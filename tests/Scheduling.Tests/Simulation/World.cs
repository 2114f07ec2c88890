using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>Time, chance and the trace: one queue of things that will happen, in the order of their time and a random tie.</summary>
internal sealed class World(int seed)
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Action, (TimeSpan Due, int Tie, long Order)> _queue = new();
    private TimeSpan _wallStep;
    private long _order;

    public Random Random { get; } = new(seed);

    public TimeSpan Now { get; private set; } = TimeSpan.FromMinutes(1);

    /// <summary>Both clocks of the coordinator; the wall clock steps, the other does not.</summary>
    public SchedulerTime Time => new(Now, Epoch + Now + _wallStep);

    public required SimulationOptions Options { get; set; }

    /// <summary>Of everything that happened; equal in two runs of one seed.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    public long Steps { get; private set; }

    /// <summary>Where a person who follows one seed reads what happens; null when nobody does.</summary>
    public TextWriter? Log { get; init; }

    public void After(double seconds, Action action) =>
        _queue.Enqueue(action, (Now + TimeSpan.FromSeconds(seconds), Random.Next(), _order++));

    public bool Chance(double chance) => chance > 0 && Random.NextDouble() < chance;

    public double Seconds(double most) => Random.NextDouble() * most;

    /// <summary>Somebody sets the wall clock.</summary>
    public void StepClock(TimeSpan by)
    {
        _wallStep += by;
        Log?.WriteLine($"{Now:g} the clock steps by {by}");
    }

    public void Trace(string line)
    {
        Log?.WriteLine($"{Now:g} {line}");
        foreach (var character in line)
        {
            Hash = (Hash ^ character) * 1099511628211;
        }
    }

    /// <summary>Lets things happen until a time, or until <paramref name="done"/> says so.</summary>
    public void RunUntil(TimeSpan end, Func<bool> done)
    {
        while (!done() && _queue.TryPeek(out _, out var next) && next.Due <= end)
        {
            Now = next.Due;
            Steps++;
            Assert.True(Steps < 2_000_000, "the simulation does not end");
            _queue.Dequeue()();
        }
    }
}
