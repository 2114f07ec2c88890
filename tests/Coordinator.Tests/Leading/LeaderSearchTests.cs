using BuildFarm.Coordinator.Leading;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Hosting.Leaders;
using BuildFarm.TestKit.Rpc;
using BuildFarm.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Leading;

/// <summary>How callers find the leader among real servers, whatever the order of their addresses.</summary>
public sealed class LeaderSearchTests : IAsyncLifetime
{
    private readonly Seat _first = new("first");
    private readonly Seat _second = new("second");

    public async ValueTask InitializeAsync()
    {
        await _first.StartAsync();
        await _second.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_ToAStandby_GoesOnToTheLeader(bool leaderFirst)
    {
        _second.Lead();
        _first.Follow(_second);
        using var calls = leaderFirst ? Search(_second, _first) : Search(_first, _second);
        var jobs = new V1.Jobs.JobsClient(calls);

        Assert.Equal("second", (await jobs.GetJobAsync(new GetJobRequest(), deadline: TestFarm.Deadline())).JobId);
        Assert.Equal(["second"], await WatchAsync(jobs));
        Assert.Equal(leaderFirst ? 0 : 1, _first.Refused);
    }

    [Fact]
    public async Task Call_WhenTheLeaderIsGone_WaitsForTheNext()
    {
        _first.Lead();
        _second.Follow(_first);
        using var calls = Search(_first, _second);
        var jobs = new V1.Jobs.JobsClient(calls);
        await jobs.GetJobAsync(new GetJobRequest(), deadline: TestFarm.Deadline());

        await _first.DisposeAsync();
        var call = jobs.GetJobAsync(new GetJobRequest(), deadline: TestFarm.Deadline());
        // It still names the one that is gone, as a standby does until the lease has run out.
        await _second.RefusedAsync(2);
        Assert.False(call.ResponseAsync.IsCompleted);
        _second.Lead();

        Assert.Equal("second", (await call).JobId);
    }

    [Fact]
    public async Task Stream_WhenTheLeaderIsGone_BreaksAndTheNextOneGoesToTheOther()
    {
        _first.Lead();
        _second.Lead();
        using var calls = Search(_first, _second);
        var jobs = new V1.Jobs.JobsClient(calls);
        using var watch = jobs.WatchJob(new WatchJobRequest { JobId = "stay" }, deadline: TestFarm.Deadline());
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        await _first.DisposeAsync();
        var broken = await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(StatusCode.Unavailable, broken.StatusCode);
        Assert.Equal(["second"], await WatchAsync(jobs));
    }

    [Fact]
    public async Task Standbys_ThatNameEachOther_AreNotAskedInATightLoop()
    {
        _first.Follow(_second);
        _second.Follow(_first);
        _first.LeadAfter(refusals: 4);
        using var calls = Search(_first, _second);

        var job = await new V1.Jobs.JobsClient(calls).GetJobAsync(new GetJobRequest(), deadline: TestFarm.Deadline());

        Assert.Equal("first", job.JobId);
        Assert.InRange(_first.Refused + _second.Refused, 6, 20);
    }

    [Fact]
    public async Task Call_ThatIsCancelledWhileNobodyLeads_Ends()
    {
        _first.Follow(null);
        _second.Follow(null);
        using var calls = Search(_first, _second);
        using var stop = new CancellationTokenSource();
        var call = new V1.Jobs.JobsClient(calls).GetJobAsync(new GetJobRequest(), cancellationToken: stop.Token);
        await _first.RefusedAsync(1);
        await stop.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
    }

    [Theory]
    [InlineData("http://a:1,http://b:2", "http://a:1/ http://b:2/")]
    [InlineData("http://a:1", "http://a:1/")]
    [InlineData(" http://a:1 , http://a:1 ", "http://a:1/")]
    [InlineData("http://a:1,", null)]
    [InlineData("a:1,http://b:2", null)]
    public void Addresses_AreParsed(string list, string? parsed) =>
        Assert.Equal(parsed, FarmAddresses.Parse(list, out _) is { } addresses ? string.Join(' ', addresses) : null);

    private static LeaderInvoker Search(params Seat[] seats) => new([.. seats.Select(static seat => new Uri(seat.Address))], TimeProvider.System);

    private static async Task<List<string>> WatchAsync(V1.Jobs.JobsClient jobs)
    {
        using var watch = jobs.WatchJob(new WatchJobRequest(), deadline: TestFarm.Deadline());
        var all = new List<string>();
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            all.Add(watch.ResponseStream.Current.Accepted.JobId);
        }

        return all;
    }

    /// <summary>A server that leads or stands by, as a test says.</summary>
    private sealed class Seat(string name) : V1.Jobs.JobsBase, ILeadership
    {
        private readonly Lock _gate = new();
        private readonly List<(int Count, TaskCompletionSource Reached)> _waits = [];
        private RpcTestServer? _server;
        private Seat? _leader;
        private bool _leads;
        private int _refusals = int.MaxValue;

        public string Address { get; private set; } = "";

        public int Refused { get; private set; }

        public bool Leads
        {
            get
            {
                lock (_gate)
                {
                    _leads |= Refused >= _refusals;
                    if (!_leads)
                    {
                        Refused++;
                        _waits.FindAll(wait => wait.Count <= Refused).ForEach(static wait => wait.Reached.TrySetResult());
                    }

                    return _leads;
                }
            }
        }

        public string? LeaderAddress
        {
            get
            {
                lock (_gate)
                {
                    return _leader?.Address;
                }
            }
        }

        public string? LostBecause => null;

        public async Task StartAsync()
        {
            _server = await RpcTestServer.StartAsync(
                app => app.MapGrpcService<Seat>(),
                services =>
                {
                    services.AddSingleton(this);
                    services.AddSingleton(new LeaderOnly(this));
                },
                options => options.Interceptors.Add<LeaderOnly>());
            Address = _server.Address;
        }

        public void Lead()
        {
            lock (_gate)
            {
                _leads = true;
            }
        }

        /// <summary>Leads from the call after these on.</summary>
        public void LeadAfter(int refusals)
        {
            lock (_gate)
            {
                _refusals = refusals;
            }
        }

        public void Follow(Seat? leader)
        {
            lock (_gate)
            {
                (_leads, _leader) = (false, leader);
            }
        }

        public Task RefusedAsync(int count)
        {
            lock (_gate)
            {
                var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waits.Add((count, reached));
                if (Refused >= count)
                {
                    reached.TrySetResult();
                }

                return reached.Task.WaitAsync(TestFarm.Patience);
            }
        }

        public override Task<Job> GetJob(GetJobRequest request, ServerCallContext context) => Task.FromResult(new Job { JobId = name });

        public override async Task WatchJob(WatchJobRequest request, IServerStreamWriter<JobEvent> responseStream, ServerCallContext context)
        {
            await responseStream.WriteAsync(new JobEvent { Accepted = new Job { JobId = name } }, CancellationToken.None);
            if (request.JobId.Length > 0)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, _server!.App.Lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw new RpcException(new Status(StatusCode.Unavailable, "stopping"));
            }
        }

        public Task<CancellationToken> AcquireAsync(CancellationToken cancellationToken) => Task.FromResult(CancellationToken.None);

        public ValueTask ReleaseAsync() => ValueTask.CompletedTask;

        public async ValueTask DisposeAsync()
        {
            var server = Interlocked.Exchange(ref _server, null);
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }
    }
}
