using BuildFarm.Cli.Output;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Task = BuildFarm.V1.Task;

namespace BuildFarm.Cli.Tests.Output;

/// <summary>What <c>farm status</c> says, word for word.</summary>
public sealed class StatusTextTests
{
    private readonly ManualClock _time = new();

    [Fact]
    public void Run_WithTasksOfEveryKind_ReadsLikeThis()
    {
        var job = Run();
        job.Tasks.Add(new Task { Name = "plain", State = TaskState.Running, Worker = "node-7", Priority = 3 });
        job.Tasks.Add(Asking());
        job.Tasks.Add(new Task { Name = "late", State = TaskState.Running, Worker = "node-8", Priority = -2, Deadline = Duration.FromTimeSpan(TimeSpan.FromMinutes(20)) });

        Assert.Equal(
            """
            Run 7f3c2a  nightly  running, submitted 1m30s ago by ann@laptop
              priority 3, deadline 1h00m after its submit
              RUN    [  0.0s] plain  @node-7
              QUEUE  [  0.0s] train  waits for gpu 2 in pool default: w1 has 1 free  (cpu 1.5, memory 2 GiB, gpu 2, licence 1, exclusive home:sage, set:up)
              RUN    [  0.0s] late  @node-8  (priority -2, deadline 20m00s after the submit)
            0 of 3 done after 1m30s; follow it with: farm watch 7f3c2a

            """,
            Text(to => StatusText.Write(to, Palette.None, job, _time)));
    }

    [Fact]
    public void Task_WithAttemptsThatHaveNoResult_SaysWhoRanEach()
    {
        var facts = new AttemptFacts
        {
            Host = new HostFacts { Hostname = "node-7", Kernel = "6.18", CpuModel = "Xeon", CpuCount = 4, MemoryBytes = 8L << 30 },
            Runtime = "crun 1.8",
            Image = "debian sha256:0123",
            Environment = "image-1",
            AgentVersion = "1.2.3",
        };
        var task = new Task { Name = "train", State = TaskState.Running, Worker = "w2", Attempt = 3, Priority = 3 };
        task.Attempts.Add(new TaskAttempt { Number = 1, Worker = "w1", End = AttemptEnd.Infrastructure, Message = "worker w1 was lost\u001b[2J", RanOn = facts });
        task.Attempts.Add(new TaskAttempt { Number = 2, Worker = "w0", End = AttemptEnd.GivenBack, Message = "the worker ends" });
        task.Attempts.Add(new TaskAttempt { Number = 3, Worker = "w2", RanOn = facts });

        Assert.Equal(
            """
            Run 7f3c2a  nightly  running, submitted 1m30s ago by ann@laptop
              priority 3, deadline 1h00m after its submit
              RUN    [  0.0s] train
                worker     w2
                attempts   attempt 3
                priority   3
                deadline   1h00m after the submit, at 2030-01-01 00:58:30 UTC, as the whole run
                attempt 1  lost by the farm, @w1: worker w1 was lost [2J
                           node-7: 4 x Xeon, 8192 MiB, Linux 6.18; crun 1.8, root debian sha256:0123, environment image-1, agent 1.2.3
                attempt 2  given back, @w0: the worker ends
                attempt 3  runs, @w2
                           node-7: 4 x Xeon, 8192 MiB, Linux 6.18; crun 1.8, root debian sha256:0123, environment image-1, agent 1.2.3

            """,
            Text(to => StatusText.Write(to, Palette.None, Run(), task, _time)));
    }

    [Fact]
    public void Facts_OfAResult_SayWhatItUsedAndWrote()
    {
        var facts = new AttemptFacts { Counts = new KernelCounts { PeakProcesses = 7, ReadBytes = 4096, WrittenBytes = 8 << 20 } };
        facts.Written.Add(new WrittenPlace { Place = "home", Entries = 2, Bytes = 100, Examples = { ".cache" } });

        Assert.Equal(
            [("used", "7 process(es) at most, 4 KiB from disks, 8192 KiB to disks"), ("wrote", "2 file(s), 1 KiB, in home: .cache, …")],
            AttemptText.Lines(facts));
    }

    [Fact]
    public void Task_OfARun_TellsAllThatIsKnownOfIt()
    {
        var task = Asking();
        (task.Attempt, task.Retries, task.RetriesUsed, task.MemoryBytes) = (2, 3, 1, 2L << 30);
        task.QueuedAt = Timestamp.FromDateTimeOffset(_time.GetUtcNow().AddSeconds(-30));

        Assert.Equal(
            """
            Run 7f3c2a  nightly  running, submitted 1m30s ago by ann@laptop
              priority 3, deadline 1h00m after its submit
              QUEUE  [  0.0s] train
                now        waits for gpu 2 in pool default: w1 has 1 free
                attempts   attempt 2, 1 of 3 retries used
                asks for   cpu 1.5, memory 2 GiB, gpu 2, licence 1
                may use    memory 2 GiB
                exclusive  home:sage, set:up
                priority   3
                retries    3
                deadline   10m00s after the submit, at 2030-01-01 00:08:30 UTC
                queued     30.0s ago

            """,
            Text(to => StatusText.Write(to, Palette.None, Run(), task, _time)));
    }

    [Theory]
    [InlineData(0, 60, "1m00s after the submit, at 2029-12-31 23:59:30 UTC, as the whole run")]
    [InlineData(90, 60, "1m00s after the submit, at 2029-12-31 23:59:30 UTC, as the whole run")]
    [InlineData(60, 60, "1m00s after the submit, at 2029-12-31 23:59:30 UTC")]
    [InlineData(60, 0, "1m00s after the submit, at 2029-12-31 23:59:30 UTC")]
    public void Deadline_OfTaskAndRun_IsTheEarlier(int own, int whole, string expected)
    {
        var job = Run();
        job.Deadline = whole == 0 ? null : Duration.FromTimeSpan(TimeSpan.FromSeconds(whole));
        var task = new Task { Name = "a", Deadline = own == 0 ? null : Duration.FromTimeSpan(TimeSpan.FromSeconds(own)) };

        Assert.Equal(expected, TaskFacts.All(task, job, _time).Single(fact => fact.Name == "deadline").Value);
    }

    private static Task Asking() => new()
    {
        Name = "train",
        State = TaskState.Queued,
        Priority = 3,
        Message = "waits for gpu 2 in pool default: w1 has 1 free",
        Deadline = Duration.FromTimeSpan(TimeSpan.FromMinutes(10)),
        Resources = new Resources { CpuMillis = 1500, MemoryBytes = 2L << 30, Named = { ["licence"] = 1, ["gpu"] = 2 } },
        Exclusive = { "home:sage", "set:up" },
    };

    private static string Text(Action<TextWriter> write)
    {
        using var to = new StringWriter { NewLine = "\n" };
        write(to);
        return to.ToString();
    }

    private Job Run() => new()
    {
        JobId = "7f3c2a",
        Name = "nightly",
        State = JobState.Active,
        Submitter = "ann@laptop",
        Priority = 3,
        Deadline = Duration.FromTimeSpan(TimeSpan.FromHours(1)),
        SubmittedAt = Timestamp.FromDateTimeOffset(_time.GetUtcNow().AddSeconds(-90)),
    };
}
