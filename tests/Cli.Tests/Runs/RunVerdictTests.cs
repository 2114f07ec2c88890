using BuildFarm.Cli.Runs;
using BuildFarm.Hosting;
using BuildFarm.V1;
using Xunit;

namespace BuildFarm.Cli.Tests.Runs;

public sealed class RunVerdictTests
{
    [Theory]
    [InlineData(ExitCode.Ok, "build:Success")]
    [InlineData(ExitCode.BuildFailed, "build:Failure")]
    [InlineData(ExitCode.TestsFailed, "test:Failure build:Success")]
    [InlineData(ExitCode.BuildFailed, "test:Failure build:Failure")]
    [InlineData(ExitCode.BuildFailed, "build:OutOfMemory")]
    [InlineData(ExitCode.TestsFailed, "test:ResourceLimit")]
    [InlineData(ExitCode.Timeout, "test:Timeout build:Success")]
    [InlineData(ExitCode.TestsFailed, "test:Timeout test:Failure")]
    [InlineData(ExitCode.Infrastructure, "build:Infrastructure build:Cancelled")]
    [InlineData(ExitCode.Cancelled, "build:Cancelled build:Success")]
    [InlineData(ExitCode.NothingRan, "")]
    public void Of_Outcomes_GiveThisExitStatus(int expected, string outcomes)
    {
        var tasks = outcomes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((text, i) => new V1.Task
        {
            Name = $"t{i}",
            Kind = text.StartsWith("test", StringComparison.Ordinal) ? TaskKind.Test : TaskKind.Build,
            State = TaskState.Finished,
            Outcome = Enum.Parse<Outcome>(text.Split(':')[1]),
        }).ToArray();

        var verdict = RunVerdict.Of(new Job { Summary = Sum(tasks) }, tasks);

        Assert.Equal((expected, null), (verdict.ExitCode, verdict.Complaint));
    }

    [Fact]
    public void Of_OutcomesDoNotAddUp_IsInfrastructureAndSaysHowMany()
    {
        var verdict = RunVerdict.Of(new Job { JobId = "r1", Summary = new JobSummary { Submitted = 3, Succeeded = 2 } }, []);

        Assert.Equal(ExitCode.Infrastructure, verdict.ExitCode);
        Assert.Contains("1 unreported", verdict.Complaint, StringComparison.Ordinal);
    }

    private static JobSummary Sum(V1.Task[] tasks) => new()
    {
        Submitted = tasks.Length,
        Succeeded = tasks.Count(task => task.Outcome == Outcome.Success),
        Failed = tasks.Count(task => task.Outcome == Outcome.Failure),
        TimedOut = tasks.Count(task => task.Outcome == Outcome.Timeout),
        OutOfMemory = tasks.Count(task => task.Outcome == Outcome.OutOfMemory),
        ResourceLimited = tasks.Count(task => task.Outcome == Outcome.ResourceLimit),
        Cancelled = tasks.Count(task => task.Outcome == Outcome.Cancelled),
        Infrastructure = tasks.Count(task => task.Outcome == Outcome.Infrastructure),
    };
}
