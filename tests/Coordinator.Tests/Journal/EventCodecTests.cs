using System.Buffers;
using System.Collections.Immutable;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;
using BuildFarm.V1;
using Xunit;
using Lease = BuildFarm.Scheduling.Lease;
using Outcome = BuildFarm.Scheduling.Outcome;
using Resources = BuildFarm.Scheduling.Resources;
using ResultOrigin = BuildFarm.Scheduling.ResultOrigin;
using TaskKind = BuildFarm.Scheduling.TaskKind;
using WorkerOffer = BuildFarm.Scheduling.WorkerOffer;

namespace BuildFarm.Coordinator.Tests.Journal;

public sealed class EventCodecTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);
    private static readonly ExecutionId Execution = new(7);

    private readonly EventCodec _codec = new();

    [Fact]
    public void Event_WrittenAndRead_IsTheSame()
    {
        Event[] events =
        [
            new TaskResolving(new TaskId(new JobId("j"), 3)),
            new ExecutionCreated(Execution, new ActionId("i\ne\nabc/1"), new TaskId(new JobId("j"), 0), Cacheable: false),
            new AttemptStarted(new Lease(Execution, 2), new WorkerId("w"), new Resources(1000, 1L << 40), At, new ExecutionId(3)),
            new AttemptRequeued(new Lease(Execution, 2), RequeueCause.WorkerLost, "lost"),
            new ExecutionFinished(Execution, ResultOrigin.Executed, Outcome.Success, 0, new ResultHandle("h"), "", new AttemptUsage(TimeSpan.FromSeconds(1.5), default, 5, default, default), At),
            new ExecutionFinished(Execution, ResultOrigin.Executed, Outcome.Infrastructure, 0, null, "why", null, At),
            new TaskFinished(new TaskId(new JobId("j"), 0), Outcome.Cancelled, "gone", At),
            new WorkerJoined(new WorkerId("w"), "i", new WorkerOffer("p", Platform.Of(("a", "1"), ("b", "2")), new Resources(1, 2)), At),
        ];

        foreach (var change in events)
        {
            Assert.Equal(change, Roundtrip(change));
        }
    }

    [Fact]
    public void Job_WrittenAndRead_KeepsEveryField()
    {
        var task = new TaskSpec("t")
        {
            Needs = [1, 2],
            Resources = new Resources(500, 77),
            Platform = Platform.Of(("gpu", "h100")),
            Timeout = TimeSpan.FromSeconds(9),
            ExpectedDuration = TimeSpan.FromSeconds(8),
            Priority = -3,
            Retries = 4,
            Kind = TaskKind.Test,
            Cacheable = false,
        };
        var spec = new Scheduling.JobSpec("n", [task]) { Priority = 5, Submitter = "me@here", FailFast = true };

        var read = Assert.IsType<JobBegan>(Roundtrip(new JobBegan(new JobId("j"), "key", spec, At)));

        Assert.Equal(spec with { Tasks = [] }, read.Spec with { Tasks = [] });
        Assert.Equal(task with { Needs = [] }, read.Spec.Tasks[0] with { Needs = [] });
        Assert.Equal(task.Needs.AsEnumerable(), read.Spec.Tasks[0].Needs);
        Assert.Equal(("j", "key", At), (read.Job.Value, read.IdempotencyKey, read.At));
    }

    [Fact]
    public void Fact_WrittenAndRead_IsTheSame()
    {
        var submitted = new JobSubmitted("j", new SubmitJobRequest { InstanceName = "i", Spec = new V1.JobSpec { Name = "n" } });
        var received = new ResultReceived("h", new Completion { ExitCode = 3 });

        Assert.Equal(submitted, _codec.Decode(Encode(output => _codec.Encode(submitted, output))).Fact);
        Assert.Equal(received, _codec.Decode(Encode(output => _codec.Encode(received, output))).Fact);
    }

    [Fact]
    public void EveryEvent_HasANumberOfItsOwnName()
    {
        var types = typeof(Event).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Event)) && !type.IsAbstract).Select(type => type.Name);

        Assert.Equal(
            Enum.GetNames<EventNumber>().Except([nameof(EventNumber.None)]).Order(StringComparer.Ordinal),
            types.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 9, 3, 0, 1, 123, 125 })]
    [InlineData(new byte[] { 1, 255, 255, 1 })]
    [InlineData(new byte[] { 1, 3, 0, 1, 123 })]
    [InlineData(new byte[] { 1, 0x30, 0x75, 1, 200, 0 })]
    public void Record_Damaged_IsRefused(byte[] damaged)
    {
        var refused = Assert.Throws<JournalException>(() => _codec.Decode(damaged));

        Assert.DoesNotContain('\n', refused.Message);
    }

    private Event? Roundtrip(Event change) => _codec.Decode(Encode(output => _codec.Encode(change, output))).Change;

    private static ReadOnlyMemory<byte> Encode(Action<IBufferWriter<byte>> encode)
    {
        var output = new ArrayBufferWriter<byte>();
        encode(output);
        return output.WrittenMemory;
    }
}
