using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>What goes wrong with a coordinator, by chance or because a test says so.</summary>
internal sealed partial class SimulatedCoordinator
{
    /// <summary>What it declares when nobody has changed that.</summary>
    public DeclarePools AllPools { get; }

    /// <summary>Decides where it dies; by chance unless a test says it.</summary>
    public CrashPlan CrashPlan { get; set; }

    /// <summary>How often it came back.</summary>
    public int Restarts => _life;

    /// <summary>It stands still: what comes waits.</summary>
    public void Pause(TimeSpan time) => _pausedUntil = _world.Now + time;

    /// <summary>It dies between two commands and comes back at once.</summary>
    public void Kill() => Restart(asRecords: true);

    /// <summary>Declares what was declared at first, and lets every worker take work.</summary>
    public void Heal()
    {
        _pausedUntil = default;
        Declare(AllPools);
        foreach (var worker in Workers.Keys)
        {
            Post(new DrainWorker(worker, Drain: false));
        }
    }

    private void Declare(DeclarePools pools)
    {
        _pools = pools;
        Post(pools);
    }

    /// <summary>What came in a pause is taken in the order it came: the loop reads one channel.</summary>
    private void GoOnAfterPause() => _world.After(Math.Max(0, (_pausedUntil - _world.Now).TotalSeconds), () =>
    {
        if (_world.Now < _pausedUntil)
        {
            GoOnAfterPause();
            return;
        }

        while (_waiting.TryDequeue(out var command))
        {
            Execute(command);
        }
    });

    private void Suffer()
    {
        _world.After(1, Suffer);
        var (options, random) = (_world.Options, _world.Random);
        if (_world.Chance(options.CoordinatorPause))
        {
            Pause(TimeSpan.FromSeconds(_world.Seconds(90)));
        }

        if (_world.Chance(options.ClockStep))
        {
            _world.StepClock(TimeSpan.FromSeconds(random.Next(-3600, 3600)));
        }

        if (_world.Chance(options.Redeclaration))
        {
            Declare(DrawPools());
        }

        if (_world.Chance(options.OperatorDrain))
        {
            Post(new DrainWorker(Workers.Keys.ElementAt(random.Next(Workers.Count)), random.Next(2) == 0));
        }
    }

    /// <summary>Of all places where a flush may be torn this one is so rare that it is drawn apart.</summary>
    private Crash? TearSuperseding(List<Event> durable)
    {
        var (began, superseded) = (durable.FindIndex(static e => e is JobBegan), durable.FindIndex(static e => e is JobCancelRequested));
        return began >= 0 && began < superseded && _world.Chance(_world.Options.SupersedeCrash)
            ? new Crash(Journal.CountWith([]) + _world.Random.Next(began + 1, superseded + 1), 0)
            : null;
    }

    private Crash? DrawCrash(int flush, int events, int effects)
    {
        if (!_world.Chance(_world.Options.CoordinatorCrash))
        {
            return null;
        }

        return _world.Random.Next(3) switch
        {
            0 => new Crash(_world.Random.Next(events), 0),
            1 => new Crash(events, 0),
            _ => new Crash(events, _world.Random.Next(effects + 1)),
        };
    }

    /// <summary>Other pools: one is gone, or counts another memory for who asks for none.</summary>
    private DeclarePools DrawPools()
    {
        var random = _world.Random;
        return random.Next(3) switch
        {
            0 => AllPools,
            1 => new DeclarePools([.. AllPools.Pools.Skip(AllPools.Pools.Length > 1 ? 1 : 0)]),
            _ => new DeclarePools([.. AllPools.Pools.Select(pool => pool with { DefaultMemoryBytes = random.Next(1, 3) * Farm.GiB })]),
        };
    }

    private void Die(List<Event> durable, IReadOnlyList<Effect> effects, Crash crash)
    {
        var whole = crash.Kept == Journal.CountWith(durable);
        var live = whole ? StateFingerprint.Describe(State) : null;
        Journal.Flush(durable, crash.Kept);
        _world.Trace($"dies with {crash}");
        Release(effects.Take(crash.Released));
        Restart(asRecords: _world.Random.Next(3) == 0, live);
    }

    /// <summary>Dies and comes back: every stream is gone, the state is what the journal gives, the pools are declared again.</summary>
    private void Restart(bool asRecords, string? live = null)
    {
        foreach (var stream in _streams.Values)
        {
            stream.Broken = true;
            _world.After(_world.Seconds(10), () => stream.Worker.Disconnected(stream));
        }

        _life++;
        _streams.Clear();
        _families.Break();
        _waiting.Clear();
        _timer = null;
        State = Journal.Recover(asRecords);
        if (live is not null)
        {
            Assert.Equal(live, StateFingerprint.Describe(State));
        }

        Client?.CheckKnown(State);
        _decisions.Restarted(State);
        _world.Trace("restart");
        var life = _life;
        Execute(new Resume());
        // The coordinator may have died again, and the one after it has done all this.
        if (life == _life)
        {
            Execute(_pools);
        }
    }

    /// <summary>What a coordinator waits for dies with it.</summary>
    private void InThisLife(double seconds, Func<Command> answer)
    {
        var life = _life;
        _world.After(seconds, () =>
        {
            if (life == _life)
            {
                Post(answer());
            }
        });
    }
}
