using System.Collections.Immutable;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>People and their jobs: submits until it is acknowledged, sometimes twice, and sometimes changes its mind.</summary>
internal sealed class SimulatedClient
{
    private readonly World _world;
    private readonly SimulatedCoordinator _coordinator;
    private readonly Dictionary<JobId, JobSpec> _specs = [];

    /// <summary>Makes the actions of tasks when a test says which; else few actions are drawn for many tasks.</summary>
    public Func<TaskId, Command>? Resolver { get; set; }

    /// <summary>Submits jobs that are drawn.</summary>
    public SimulatedClient(World world, SimulatedCoordinator coordinator)
    {
        _world = world;
        _coordinator = coordinator;
        for (var i = 0; i < world.Options.Jobs; i++)
        {
            var job = new JobId($"job{i}");
            _specs.Add(job, DrawJob(job.Value));
            world.After(world.Seconds(240), () => Submit(job));
        }
    }

    /// <summary>Jobs whose submit was acknowledged.</summary>
    public HashSet<JobId> Acknowledged { get; } = [];

    public bool AllAcknowledged => Acknowledged.Count == _specs.Count;

    /// <summary>Jobs whose end was told, as it was told first.</summary>
    public Dictionary<JobId, JobView> Ended { get; } = [];

    /// <summary>Tasks whose end was told.</summary>
    public Dictionary<TaskId, TaskView> TaskEnds { get; } = [];

    /// <summary>Every answer to a submit, the refusals of the queue apart.</summary>
    public List<SubmitAccepted> Answers { get; } = [];

    public void Accepted(SubmitAccepted accepted)
    {
        Answers.Add(accepted);
        if (Acknowledged.Add(accepted.Job) && _world.Chance(_world.Options.Cancel))
        {
            _world.After(_world.Seconds(40), () => Cancel(accepted.Job));
        }
    }

    /// <summary>The end of a job is told; a second telling, after a crash, is of the same job.</summary>
    public void Finished(JobView job)
    {
        Must.Hold(!Ended.TryGetValue(job.Id, out var told) || told.SubmittedAt == job.SubmittedAt, $"job {job.Id} ended twice, as two jobs");
        Ended[job.Id] = job;
    }

    /// <summary>After a crash: every acknowledged job that was not told to have ended is there.</summary>
    public void CheckKnown(SchedulerState state)
    {
        foreach (var job in Acknowledged.Where(job => !Ended.ContainsKey(job)))
        {
            Must.Hold(state.FindJob(job, withTasks: false) is not null || state.JobsByKey.ContainsKey(job.Value), $"an acknowledged job was lost: {job}");
        }
    }

    /// <summary>Makes the action of a task; the same again when asked again.</summary>
    public Command Resolve(TaskId task)
    {
        if (Resolver is not null)
        {
            return Resolver(task);
        }

        var index = (task.Job.Value.Length + (task.Job.Value[^1] * 7) + (task.Index * 13)) % _world.Options.Actions;
        return index == 0 && _world.Options.Failure > 0
            ? new TaskUnresolvable(task, Outcome.Failure, "simulated")
            : new TaskResolved(task, new ActionId($"action{index}"), Cacheable: index % 5 != 1) { Locality = LocalityOf(index) };
    }

    /// <summary>Some have all of their inputs in common, more of them a part, and some nothing.</summary>
    private LocalityKeys LocalityOf(int action) => _world.Options.Inputs == 0 || action % 9 == 2
        ? default
        : LocalityKeys.Of(1 + (action % _world.Options.Inputs), 1000 + (action % 3));

    /// <summary>Submits a job of a test, again and again until it is acknowledged.</summary>
    public void Submit(JobSpec spec)
    {
        var job = new JobId(spec.Name);
        _specs.Add(job, spec);
        Submit(job);
    }

    private void Submit(JobId job)
    {
        if (Acknowledged.Contains(job))
        {
            return;
        }

        _coordinator.Post(new SubmitJob(job, job.Value, _specs[job]));
        if (_world.Chance(_world.Options.Repetition))
        {
            // At once, or so late that the job may have ended.
            _world.After(_world.Random.Next(2) == 0 ? 0 : _world.Seconds(200), () => _coordinator.Post(new SubmitJob(job, job.Value, _specs[job])));
        }

        _world.After(1 + _world.Seconds(5), () => Submit(job));
    }

    private void Cancel(JobId job)
    {
        var some = Enumerable.Range(0, _specs[job].Tasks.Length).Where(_ => _world.Random.Next(3) == 0).ToImmutableArray();
        _coordinator.Post(_world.Random.Next(2) == 0 ? new CancelJob(job, "simulated") : new CancelTasks(job, some, "simulated"));
    }

    private TimeSpan DrawDeadline(int oneOf) =>
        _world.Random.Next(oneOf) == 0 ? TimeSpan.FromSeconds(_world.Random.Next(10, 300)) : TimeSpan.Zero;

    private JobSpec DrawJob(string name)
    {
        var random = _world.Random;
        var tasks = ImmutableArray.CreateBuilder<TaskSpec>();
        var count = random.Next(1, _world.Options.TasksPerJob + 1);
        for (var i = 0; i < count; i++)
        {
            tasks.Add(new TaskSpec($"task{i}")
            {
                Needs = [.. Enumerable.Range(0, i).Where(_ => random.Next(i + 1) < 1)],
                Resources = new Resources(random.Next(0, 5) * 500, random.Next(0, 4) * Farm.GiB)
                {
                    Named = NamedAmounts.Of([KeyValuePair.Create("gpu", Math.Max(0L, random.Next(-6, 3)))]),
                },
                Platform = random.Next(3) == 0 ? Platform.Of(("pool", $"{random.Next(_world.Options.Pools)}")) : Platform.Empty,
                ExpectedDuration = TimeSpan.FromSeconds(random.Next(0, 10)),
                Retries = random.Next(0, 3),
                Cacheable = random.Next(5) > 0,
                SkipLookUp = random.Next(5) == 0,
                Priority = random.Next(-2, 3),
                Deadline = DrawDeadline(8),
                ExpectedMemoryBytes = random.Next(0, 6) * Farm.GiB,
                Exclusive = [.. Enumerable.Range(0, _world.Options.Names).Where(_ => random.Next(4) == 0).Select(name => $"home:{name}")],
            });
        }

        return new JobSpec(name, tasks.ToImmutable())
        {
            FailFast = random.Next(4) == 0,
            Priority = random.Next(-5, 6),
            Submitter = $"user{random.Next(3)}@host{random.Next(2)}",
            Instance = $"instance{random.Next(2)}",
            SupersedeKey = random.Next(_world.Options.SupersedeOneOf) == 0 ? $"key{random.Next(2)}" : "",
            Deadline = DrawDeadline(4),
        };
    }
}
