using System.Threading.Channels;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Hosting;
using BuildFarm.TestKit.Recorded;
using BuildFarm.TestKit.Rpc;
using BuildFarm.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Workers;

/// <summary>Workers of other releases at today's coordinator.</summary>
public sealed class OlderAndNewerWorkerTests
{
    [Theory]
    [InlineData("worker-link-1")]
    public async Task Worker_Recorded_WorksAsItDid(string recording)
    {
        var messages = RecordedLink.Load(recording);
        var named = messages.Where(static message => !message.FromWorker).SelectMany(static message => DesiredState.Parser.ParseFrom(message.Bytes).Assignments).First();
        await using var farm = await TestFarm.StartAsync(ids: new NamedJournal(named.Lease.ExecutionId[..8]));
        using var call = RawLink.Call(farm.Channel, CancellationToken.None);
        var answers = Channel.CreateUnbounded<DesiredState>();
        var reading = ReadAsync(call, answers.Writer);
        var jobs = new List<string>();
        var last = new DesiredState { Revision = -1 };
        foreach (var (fromWorker, bytes) in messages)
        {
            if (fromWorker)
            {
                await call.RequestStream.WriteAsync(bytes);
                continue;
            }

            // As often as something changed; how often it was repeated is no promise.
            var recorded = DesiredState.Parser.ParseFrom(bytes);
            if (!Leases(last).IsSupersetOf(Leases(recorded)))
            {
                jobs.Add(await farm.SubmitAsync(NotCached($"task{jobs.Count}")));
            }

            if (!SameLeases(recorded, last))
            {
                await NextAsync(answers.Reader, recorded);
            }

            last = recorded;
        }

        Assert.Equal(2, jobs.Count);
        var good = await farm.FinishAsync(jobs[0]);
        var bad = await farm.FinishAsync(jobs[1]);
        Assert.Equal((1, 1, 0), (good.Summary.Succeeded, good.Summary.Attempts, good.Summary.Failed));
        Assert.Equal((0, 1, 1), (bad.Summary.Succeeded, bad.Summary.Attempts, bad.Summary.Failed));
        Assert.Equal((Outcome.Failure, 3), (bad.Tasks[0].Outcome, bad.Tasks[0].ExitCode));
        await call.RequestStream.CompleteAsync();
        await reading;
    }

    [Fact]
    public async Task Worker_TooOld_IsRefusedByOneLine()
    {
        await using var farm = await TestFarm.StartAsync(services: static services => services.AddSingleton(new WorkerProtocol(Oldest: 3, Current: 4)));
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var refused = await Assert.ThrowsAsync<RpcException>(() => worker.Ended.WaitAsync(TestFarm.Patience));

        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Equal("worker w1 speaks version 1 of the worker protocol, and this coordinator needs 3 or newer; upgrade the worker", refused.Status.Detail);
    }

    [Fact]
    public async Task Coordinator_SaysItsVersion()
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);

        Assert.Equal(WorkerProtocol.OfThisRelease.Current, (await worker.NextDesiredAsync()).ProtocolVersion);
    }

    [Fact]
    public async Task Outcome_OfANewerWorker_IsTheInfrastructuresAndNamed()
    {
        await using var farm = await TestFarm.StartAsync(options => options.InfrastructureBudget = 1);
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var job = await farm.SubmitAsync(NotCached("task"));
        await worker.CompleteAsync(await worker.NextAssignmentAsync(), new Completion { Outcome = (Outcome)42, ExitCode = 1, Message = "from the future" });

        var ended = await farm.FinishAsync(job);

        Assert.Equal(Outcome.Infrastructure, ended.Tasks[0].Outcome);
        Assert.Contains("outcome 42, which this coordinator does not know", ended.Tasks[0].Message, StringComparison.Ordinal);
    }

    private static bool SameLeases(DesiredState left, DesiredState right) => left.Revision == right.Revision && Leases(left).SetEquals(Leases(right));

    private static HashSet<Lease> Leases(DesiredState state) => [.. state.Assignments.Select(static assignment => assignment.Lease)];

    private static async Task NextAsync(ChannelReader<DesiredState> answers, DesiredState wanted)
    {
        using var guard = new CancellationTokenSource(TestFarm.Patience);
        while (!SameLeases(await answers.ReadAsync(guard.Token), wanted))
        {
            // An older one.
        }
    }

    private static async Task ReadAsync(AsyncDuplexStreamingCall<byte[], byte[]> call, ChannelWriter<DesiredState> to)
    {
        try
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                to.TryWrite(DesiredState.Parser.ParseFrom(call.ResponseStream.Current));
            }

            to.TryComplete();
        }
        catch (RpcException e)
        {
            to.TryComplete(e);
        }
    }

    private static TaskTemplate NotCached(string name)
    {
        var template = TestFarm.Template(name);
        template.DoNotCache = true;
        return template;
    }

    /// <summary>Gives the journal the name that the recorded one had.</summary>
    private sealed class NamedJournal(string name) : IIdSource
    {
        private readonly RandomIdSource _others = new();
        private int _named;

        public string NextHex(int digits) => digits == name.Length && Interlocked.Exchange(ref _named, 1) == 0 ? name : _others.NextHex(digits);
    }
}
