using Build.Bazel.Remote.Execution.V2;
using BuildFarm.EndToEnd.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Support;

/// <summary>
/// The server that the suite judges: the one that <c>REAPI_ADDRESS</c> names (http://host:port), with the instance of
/// <c>REAPI_INSTANCE</c>, the digest function of <c>REAPI_DIGEST_FUNCTION</c> (SHA256 when absent) and the HTTP cache at
/// <c>REAPI_HTTP_ADDRESS</c>; without an address, a `farm up` of its own. Of anything but the contract the tests know nothing.
/// </summary>
public sealed class ServerUnderTest : IAsyncLifetime
{
    // A server that has only begun may say UNAVAILABLE to Execute; clients come again.
    private static readonly ServiceConfig ComeAgain = new()
    {
        MethodConfigs =
        {
            new MethodConfig
            {
                Names = { new MethodName { Service = Execution.Descriptor.FullName } },
                RetryPolicy = new RetryPolicy
                {
                    MaxAttempts = 5,
                    InitialBackoff = TimeSpan.FromSeconds(1),
                    MaxBackoff = TimeSpan.FromSeconds(5),
                    BackoffMultiplier = 2,
                    RetryableStatusCodes = { StatusCode.Unavailable },
                },
            },
        },
    };

    private FarmBench? _bench;
    private GrpcChannel? _channel;

    /// <summary>Instance name of every request.</summary>
    public string Instance { get; } = Environment.GetEnvironmentVariable("REAPI_INSTANCE") ?? "";

    /// <summary>Digest function of every request.</summary>
    public DigestFunction.Types.Value Function { get; } =
        Enum.Parse<DigestFunction.Types.Value>(Environment.GetEnvironmentVariable("REAPI_DIGEST_FUNCTION") ?? "Sha256", ignoreCase: true);

    /// <summary>Where it is.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Where its cache speaks HTTP; empty when nobody said.</summary>
    public string HttpAddress { get; private set; } = Environment.GetEnvironmentVariable("REAPI_HTTP_ADDRESS") ?? "";

    /// <summary>What it says it can.</summary>
    public ServerCapabilities Capabilities { get; private set; } = null!;

    internal CallInvoker Invoker { get; private set; } = null!;

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        Address = Environment.GetEnvironmentVariable("REAPI_ADDRESS") ?? await StartAsync();
        _channel = GrpcChannel.ForAddress(Address, new GrpcChannelOptions { MaxReceiveMessageSize = 64 << 20, ServiceConfig = ComeAgain });
        Invoker = _channel.CreateCallInvoker();
        Capabilities = await new Capabilities.CapabilitiesClient(Invoker).GetCapabilitiesAsync(
            new GetCapabilitiesRequest { InstanceName = Instance }, deadline: RuleTests.Deadline());
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_bench is not null)
        {
            await _bench.DisposeAsync();
        }
    }

    private async Task<string> StartAsync()
    {
        _bench = new FarmBench();
        await _bench.UpAsync("--workers", "2", "--accept-results");
        HttpAddress = _bench.WebUrl;
        return _bench.Url;
    }
}
