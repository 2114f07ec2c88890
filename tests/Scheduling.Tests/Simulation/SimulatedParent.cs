using BuildFarm.Scheduling.Commands;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>
/// A task whose compiles are tasks: it submits children, some at once, waits for each, does itself what it is told to, and ends when
/// all is done. Its calls break when the coordinator dies, and it makes them again.
/// </summary>
internal sealed class SimulatedParent(World world, SimulatedCoordinator coordinator, Assignment assignment, Func<bool> isAlive, Action done)
{
    private readonly List<Session> _sessions = [];

    public long CpuInUse
    {
        get
        {
            var (still, needed) = (_sessions.Where(s => s.Waits).Sum(s => s.CpuMillis), _sessions.Where(s => s.Local).Sum(s => s.CpuMillis));
            return assignment.Resources.CpuMillis - Math.Max(0, Math.Min(still, assignment.Resources.CpuMillis - needed));
        }
    }

    public void Begin()
    {
        var count = world.Random.Next(1, 4);
        for (var i = 0; i < count; i++)
        {
            var lends = world.Random.Next(2) == 0 ? assignment.Resources.CpuMillis : Math.Min(500, assignment.Resources.CpuMillis);
            var child = assignment.Task.Job.Value.StartsWith("child", StringComparison.Ordinal) ? "grandchild" : "child";
            var session = new Session(new JobId($"{child}{i} of {assignment.Lease}"), lends);
            _sessions.Add(session);
            world.After(world.Seconds(3), () => Submit(session));
        }
    }

    public void Accepted(JobId child)
    {
        var session = _sessions.Single(s => s.Child == child);
        if (session is { Submitted: false, Over: false })
        {
            session.Submitted = true;
            Wait(session);
        }
    }

    public void Refused(JobId child) => End(_sessions.Single(s => s.Child == child));

    /// <summary>The call broke.</summary>
    public void Broken(long wait)
    {
        var session = _sessions.Single(s => s.Call == wait);
        session.Call = 0;
        if (!session.Local)
        {
            world.After(world.Seconds(5), () => Wait(session));
        }
    }

    public void Answered(long wait, ChildAnswer answer)
    {
        var session = _sessions.Single(s => s.Call == wait);
        Must.Hold(answer is not (ChildAnswer.NotAChild or ChildAnswer.Unspecified), $"{assignment.Lease} was told {answer}");
        if (answer is ChildAnswer.Gone or ChildAnswer.ParentEnded || !isAlive())
        {
            // It stands still until it is ended.
            session.Call = 0;
            return;
        }

        session.Waits = false;
        session.Local = answer == ChildAnswer.RunLocally;
        if (session.Local)
        {
            world.After(world.Seconds(5), () =>
            {
                session.Local = false;
                if (session.Call != 0)
                {
                    coordinator.EndWait(assignment.Lease, session.Call);
                }

                End(session);
            });
            return;
        }

        End(session);
    }

    private void Submit(Session session)
    {
        if (session.Submitted || session.Over || !isAlive())
        {
            return;
        }

        var resources = new Resources(world.Random.Next(1, 3) * 500, Farm.GiB / 2);
        var tasks = Enumerable.Range(0, world.Random.Next(1, 4)).Select(i => new TaskSpec($"compile{i}") { Resources = resources });
        coordinator.SubmitChild(this, new SubmitJob(session.Child, session.Child.Value, new JobSpec(session.Child.Value, [.. tasks]) { Parent = assignment.Lease, Priority = 900, Submitter = "nobody" }));
        world.After(1 + world.Seconds(5), () => Submit(session));
    }

    private void Wait(Session session)
    {
        if (session.Over || session.Call != 0 || session.Local || !isAlive())
        {
            return;
        }

        session.Waits = true;
        session.Call = coordinator.WaitForChild(this, assignment.Lease, session.Child, session.CpuMillis, TimeSpan.FromSeconds(1 + world.Seconds(20)));
        if (world.Random.Next(8) == 0)
        {
            // The process dies, or its connection does; it keeps still, and asks again.
            var call = session.Call;
            world.After(world.Seconds(10), () =>
            {
                if (session.Call == call && session.Waits)
                {
                    coordinator.EndWait(assignment.Lease, call, noticedAfter: world.Seconds(10));
                    Broken(call);
                }
            });
        }
    }

    private void End(Session session)
    {
        (session.Over, session.Waits) = (true, false);
        if (_sessions.TrueForAll(s => s.Over))
        {
            done();
        }
    }

    private sealed class Session(JobId child, long cpuMillis)
    {
        public JobId Child { get; } = child;

        public long CpuMillis { get; } = cpuMillis;

        public bool Submitted { get; set; }

        /// <summary>Its process stands still.</summary>
        public bool Waits { get; set; }

        public bool Local { get; set; }

        public bool Over { get; set; }

        /// <summary>Of the open call; 0 when there is none.</summary>
        public long Call { get; set; }
    }
}
