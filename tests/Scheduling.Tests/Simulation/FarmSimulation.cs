using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>One farm, one seed: five minutes of trouble, then healing, and then every job must end and every share come back.</summary>
internal static class FarmSimulation
{
    private static readonly TimeSpan TroubleEnds = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan TimeToBeWell = TimeSpan.FromMinutes(84);

    /// <summary>Runs a seed and returns the hash of its trace. Throws what went wrong, with the seed.</summary>
    /// <param name="seed">Everything is drawn from it.</param>
    /// <param name="log">Gets what happens, a line each, for a person who follows it.</param>
    public static ulong Run(int seed, TextWriter? log = null)
    {
        try
        {
            return RunSeed(seed, log);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            throw new InvalidOperationException($"Seed {seed} failed: {fault.Message}", fault);
        }
    }

    private static ulong RunSeed(int seed, TextWriter? log)
    {
        var world = new World(seed) { Options = SimulationOptions.Draw(new Random(seed)), Log = log };
        var coordinator = Build(world);
        coordinator.Client = new SimulatedClient(world, coordinator);
        world.RunUntil(TroubleEnds, static () => false);
        Heal(world, coordinator);
        return world.Hash;
    }

    /// <summary>A coordinator and its workers, without anybody who asks for work.</summary>
    public static SimulatedCoordinator Build(World world)
    {
        var pools = Enumerable.Range(0, world.Options.Pools).Select(i => new PoolSpec($"pool{i}", Platform.Of(("pool", $"{i}")))).ToList();
        var coordinator = new SimulatedCoordinator(world, world.Options.Scheduler, new DeclarePools([.. pools]));
        for (var i = 0; i < Math.Max(world.Options.Workers, pools.Count); i++)
        {
            var pool = pools[i % pools.Count];
            var size = i < pools.Count ? 4 : world.Random.Next(1, 5);
            // The first worker of each pool can run everything, so that every job can end.
            var gpus = i < pools.Count ? 2 : world.Random.Next(0, 3);
            var capacity = new Resources(size * 1000L, size * Farm.GiB) { Named = NamedAmounts.Of([KeyValuePair.Create("gpu", gpus * 1L)]) };
            var offer = new WorkerOffer(pool.Name, pool.Platform, capacity);
            var worker = new SimulatedWorker(world, coordinator, $"worker{i}", offer);
            coordinator.Workers.Add(worker.Id, worker);
        }

        return coordinator;
    }

    /// <summary>Ends all trouble; then every job must end and every share come back, in time.</summary>
    public static void Heal(World world, SimulatedCoordinator coordinator)
    {
        world.Options = world.Options.Healed();
        foreach (var worker in coordinator.Workers.Values)
        {
            worker.Heal();
        }

        coordinator.Heal();
        world.RunUntil(world.Now + TimeToBeWell, () => IsWell(coordinator));
        if (!IsWell(coordinator))
        {
            world.Log?.WriteLine(Describe(coordinator.State));
            Assert.Fail($"not well in time: {WhatIsIll(coordinator)}");
        }

        var ended = coordinator.Journal.All.OfType<JobEnded>().Select(e => e.Job).ToHashSet();
        Assert.Superset(coordinator.Client!.Acknowledged, ended);
        if (coordinator.Journal.IsWhole)
        {
            Assert.Equal(Describe(Replay(coordinator.Journal.All)), Describe(coordinator.State));
        }
    }

    private static bool IsWell(SimulatedCoordinator coordinator) =>
        coordinator.Client!.AllAcknowledged
        && coordinator.State.Jobs().Count == 0
        && coordinator.State.Workers() is var workers
        && workers.Count == coordinator.Workers.Count
        && workers.All(static w => w is { Condition: WorkerCondition.Ready, InUse: { CpuMillis: 0, MemoryBytes: 0, Named.IsEmpty: true } })
        && coordinator.Workers.Values.All(static w => w.IsIdle);

    /// <summary>A line of it; the whole state stands in the log of a seed that is repeated.</summary>
    private static string WhatIsIll(SimulatedCoordinator coordinator)
    {
        var waiting = coordinator.State.Jobs().SelectMany(job => coordinator.State.JobsById[job.Id].Tasks.Select((task, i) => (Task: task, Id: new TaskId(job.Id, i))))
            .Where(static t => t.Task.Step != TaskStep.Finished)
            .Select(t => $"{t.Id} {coordinator.State.Explain(t.Id)}");
        var workers = coordinator.State.Workers().Where(static w => w.Condition != WorkerCondition.Ready || w.InUse != Resources.None).Select(static w => $"{w.Id} is {w.Condition} and uses {w.InUse}");
        return string.Join("; ", waiting.Concat(workers).Take(5));
    }

    private static SchedulerState Replay(List<Event> journal)
    {
        var state = new SchedulerState();
        foreach (var change in journal)
        {
            state.Apply(change);
        }

        return state;
    }

    private static string Describe(SchedulerState state) => StateFingerprint.Describe(state);
}
