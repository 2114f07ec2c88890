using BuildFarm.Cli.Runs;
using BuildFarm.V1;
using Xunit;

namespace BuildFarm.Cli.Tests.Runs;

/// <summary>What a coordinator that took over says again is told apart from what is new.</summary>
public sealed class RunViewTests
{
    private const long NextLife = 1L << 32;

    private readonly RunView _view = new("r1");

    [Fact]
    public void Event_SaidAgainByTheNextCoordinator_IsARepetition()
    {
        var accepted = new JobEvent { Sequence = 1, Accepted = new Job { Name = "n" } };
        var running = new JobEvent { Sequence = 2, Task = new V1.Task { Name = "t", State = TaskState.Running, Attempt = 1, Worker = "w" } };
        Assert.False(_view.IsRepetition(accepted));
        _view.Apply(accepted);
        Assert.False(_view.IsRepetition(running));
        _view.Apply(running);

        Assert.True(_view.IsRepetition(Again(accepted)));
        Assert.True(_view.IsRepetition(Again(running)));
        var next = Again(running);
        next.Task.Attempt = 2;
        Assert.False(_view.IsRepetition(next));
    }

    [Fact]
    public void Task_ThatHadEndedBeforeTheWatchBegan_IsARepetition()
    {
        var task = new V1.Task { Name = "t", State = TaskState.Finished, Outcome = Outcome.Success };
        _view.Adopt(new Job { Name = "n", Tasks = { task } }, since: 7);

        Assert.True(_view.IsRepetition(new JobEvent { Sequence = NextLife, Task = task.Clone() }));
    }

    [Fact]
    public void End_IsNoRepetition()
    {
        _view.Apply(new JobEvent { Sequence = 1, Accepted = new Job { Name = "n" } });

        Assert.False(_view.IsRepetition(new JobEvent { Sequence = NextLife, Finished = new Job { Name = "n" } }));
    }

    private static JobEvent Again(JobEvent news)
    {
        var again = news.Clone();
        again.Sequence += NextLife;
        return again;
    }
}
