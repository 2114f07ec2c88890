using BuildFarm.Cli.Runs;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Invariants;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Admission;

/// <summary>Fault 26: ten thousand clients come at once, half of them of one user, to a queue that has room for a few.</summary>
public sealed class CrowdTests
{
    private const int Clients = 10_000;
    private const int Room = 1_000;
    private const int RoomPerUser = 100;
    private const int Workers = 20;
    private static readonly TimeSpan AskedToWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TaskTime = TimeSpan.FromSeconds(2);
    private static readonly SchedulerOptions Options = new() { MaxUnfinishedTasks = Room, MaxUnfinishedTasksPerUser = RoomPerUser };

    private readonly Random _random = new(26);
    private readonly Scheduler _scheduler = new(Options);
    private readonly SchedulerState _state = new();
    private readonly PriorityQueue<Action, (TimeSpan At, int Order)> _queue = new();
    private readonly Dictionary<WorkerId, HashSet<Lease>> _running = [];
    private readonly int[] _tries = new int[Clients];
    private readonly TimeSpan[] _acceptedAt = new TimeSpan[Clients];
    private TimeSpan _now = TimeSpan.FromHours(1);
    private int _order;
    private int _asked;
    private int _mostJobs;
    private int _accepted;
    private int _finished;
    private int _mostInASecond;

    [Fact]
    public void Clients_TenThousandAtOnce_AllAreServedFairlyInBoundedRoom()
    {
        Run(new DeclarePools([new PoolSpec("default", Platform.Empty)]));
        for (var i = 0; i < Workers; i++)
        {
            var worker = new WorkerId($"w{i}");
            _running.Add(worker, []);
            Run(new WorkerLinked(worker, "1", new WorkerOffer("default", Platform.Empty, new Resources(16_000, 64 * Farm.GiB))));
            Beat(worker);
        }

        var began = _now;
        for (var client = 0; client < Clients; client++)
        {
            var id = client;
            var wait = new RoomWait(patience: TimeSpan.FromDays(1), _random.NextDouble);
            After(TimeSpan.Zero, () => Submit(id, wait));
        }

        Live();

        Assert.Equal((Clients, Clients), (_accepted, _finished));
        Assert.True(_mostJobs <= Room, $"{_mostJobs} jobs were in the state");

        // A user with few clients waits for no more than the crowd of the others lets through; the greedy one waits longest.
        var byUser = Enumerable.Range(0, Clients).GroupBy(UserOf, c => (_acceptedAt[c] - began).TotalSeconds).ToDictionary(g => g.Key, g => g.Max());
        var greedy = byUser["greedy"];
        Assert.All(byUser.Where(u => u.Key != "greedy"), u => Assert.True(u.Value <= greedy, $"{u.Key} waited {u.Value} s, the greedy user {greedy} s"));
        Assert.InRange(_tries.Max(), 2, 40);

        // Those who were refused at once do not come back at once: after the first second there is no spike like it.
        Assert.InRange(_mostInASecond, 1, Clients / 3);
    }

    private static string UserOf(int client) => client % 2 == 0 ? "greedy" : $"user{client % 99}";

    private void Submit(int client, RoomWait wait)
    {
        _tries[client]++;
        _asked++;
        var spec = new JobSpec($"job{client}", [new TaskSpec("t") { Resources = new Resources(1000, Farm.GiB), Cacheable = false }])
        {
            Submitter = $"{UserOf(client)}@host{client}",
        };
        var effects = Run(new SubmitJob(new JobId($"job{client}"), $"key{client}", spec));
        if (effects.OfType<SubmitRefused>().FirstOrDefault() is { } refused)
        {
            // As `farm submit` waits.
            Assert.Equal(RefusalKind.QueueFull, refused.Kind);
            After(wait.Next(AskedToWait)!.Value, () => Submit(client, wait));
            return;
        }

        _accepted++;
        _acceptedAt[client] = _now;
    }

    private IReadOnlyList<Effect> Run(Command command)
    {
        var effects = _scheduler.Execute(_state, command, new SchedulerTime(_now, DateTimeOffset.UnixEpoch + _now), static _ => { });
        _mostJobs = Math.Max(_mostJobs, _state.JobsById.Count);
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case ResolveTask resolve:
                    After(TimeSpan.Zero, () => Run(new TaskResolved(resolve.Task, new ActionId(resolve.Task.ToString()), Cacheable: false)));
                    break;
                case DesiredStateChanged changed:
                    Start(changed.Worker);
                    break;
                case JobFinished finished:
                    Assert.Equal(1, finished.Job.Counts.Succeeded);
                    _finished++;
                    break;
            }
        }

        return effects;
    }

    private void Start(WorkerId worker)
    {
        foreach (var assignment in _state.DesiredStateFor(worker)!.Assignments.Where(a => _running[worker].Add(a.Lease)))
        {
            After(TaskTime, () =>
            {
                _running[worker].Remove(assignment.Lease);
                Report(worker, Farm.Done(assignment.Lease, result: new ResultHandle("r")));
            });
        }
    }

    private void Report(WorkerId worker, params AttemptReport[] ended) => Run(new WorkerReported(
        worker, "1", Draining: false, _state.DesiredStateFor(worker)!.Revision, [.. ended, .. _running[worker].Select(Farm.Running)]));

    private void Beat(WorkerId worker)
    {
        Report(worker);
        if (_finished < Clients)
        {
            After(TimeSpan.FromSeconds(10), () => Beat(worker));
        }
    }

    private void After(TimeSpan wait, Action action) => _queue.Enqueue(action, (_now + wait, _order++));

    private void Live()
    {
        var (second, inSecond, steps) = (TimeSpan.Zero, 0, 0);
        while (_finished < Clients && _queue.TryDequeue(out var action, out var due))
        {
            Assert.True(due.At < TimeSpan.FromHours(2), "the crowd is not served in an hour");
            _now = due.At;
            if (_now - second >= TimeSpan.FromSeconds(1))
            {
                (second, inSecond) = (_now, _asked);
            }

            action();
            _mostInASecond = Math.Max(_mostInASecond, second > TimeSpan.FromHours(1) ? _asked - inSecond : 0);
            if (++steps % 5000 == 0)
            {
                Assert.Empty(InvariantChecker.FindViolations(_state));
            }
        }
    }
}
