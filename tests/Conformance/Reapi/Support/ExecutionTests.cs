using Build.Bazel.Remote.Execution.V2;
using Google.LongRunning;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Xunit;
using Action = Build.Bazel.Remote.Execution.V2.Action;
using Digest = Build.Bazel.Remote.Execution.V2.Digest;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Conformance.Reapi.Support;

/// <summary>What the tests of the rules of execution share: small Actions of the shell, and their way through the server.</summary>
public abstract class ExecutionTests(ServerUnderTest server) : RuleTests(server), IAsyncLifetime
{
    /// <summary>A server that executes nothing is not judged by these rules.</summary>
    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Server.Capabilities.ExecutionCapabilities?.ExecEnabled == true, "this server executes nothing");
        return ValueTask.CompletedTask;
    }

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>A command of the shell, never run before: its environment has fresh text.</summary>
    protected static Command Shell(string script, params string[] outputs) => new()
    {
        Arguments = { "/bin/sh", "-c", script },
        EnvironmentVariables = { new Command.Types.EnvironmentVariable { Name = "FRESH", Value = FreshText() } },
        OutputPaths = { outputs.Order(StringComparer.Ordinal) },
    };

    /// <summary>Stores an Action with its Command and inputs.</summary>
    protected async Task<Digest> StoreActionAsync(Command command, Directory? inputs = null, Action<Action>? configure = null)
    {
        var action = new Action { CommandDigest = await StoreAsync(command), InputRootDigest = await StoreAsync(inputs ?? new Directory()) };
        configure?.Invoke(action);
        return await StoreAsync(action);
    }

    protected AsyncServerStreamingCall<Operation> Begin(Digest action, Action<ExecuteRequest>? configure = null)
    {
        var request = new ExecuteRequest { InstanceName = Instance, ActionDigest = action, DigestFunction = Function };
        configure?.Invoke(request);
        return Execution.Execute(request, deadline: Deadline());
    }

    /// <summary>Executes, and gives all that the stream said.</summary>
    protected async Task<IReadOnlyList<Operation>> ExecuteAllAsync(Digest action, Action<ExecuteRequest>? configure = null)
    {
        using var call = Begin(action, configure);
        return await ReadAllAsync(call);
    }

    /// <summary>What is still running when the test has seen that: the test ends it with <see cref="CancelAsync"/>.</summary>
    protected const string RunsForLong = "sleep 170";

    /// <summary>Ends an operation.</summary>
    protected async Task CancelAsync(string name) => await Operations.CancelOperationAsync(new CancelOperationRequest { Name = name }, deadline: Deadline());

    /// <summary>Executes to the end; what the operation says must keep rule 3.</summary>
    protected async Task<ExecuteResponse> ExecuteAsync(Digest action, Action<ExecuteRequest>? configure = null) =>
        ResponseOf((await ExecuteAllAsync(action, configure))[^1]);

    protected async Task<ExecuteResponse> ExecuteAsync(Command command, Directory? inputs = null, Action<Action>? configure = null) =>
        await ExecuteAsync(await StoreActionAsync(command, inputs, configure));

    protected static async Task<IReadOnlyList<Operation>> ReadAllAsync(AsyncServerStreamingCall<Operation> call)
    {
        var all = new List<Operation>();
        while (await call.ResponseStream.MoveNext(Token))
        {
            all.Add(call.ResponseStream.Current);
        }

        return all;
    }

    /// <summary>Reads until the operation is in a stage.</summary>
    protected static async Task<Operation> ReadUntilAsync(AsyncServerStreamingCall<Operation> call, ExecutionStage.Types.Value stage)
    {
        while (await call.ResponseStream.MoveNext(Token))
        {
            if (MetadataOf(call.ResponseStream.Current).Stage == stage)
            {
                return call.ResponseStream.Current;
            }
        }

        throw new InvalidOperationException($"the stream ended before the stage {stage}");
    }

    /// <summary>Reads until the operation runs, or has ended before anybody was told that it ran.</summary>
    protected static async Task<Operation> ReadUntilBegunAsync(AsyncServerStreamingCall<Operation> call)
    {
        do
        {
            Assert.True(await call.ResponseStream.MoveNext(Token), "the stream ended before the operation");
        }
        while (MetadataOf(call.ResponseStream.Current).Stage is not (ExecutionStage.Types.Value.Executing or ExecutionStage.Types.Value.Completed));
        return call.ResponseStream.Current;
    }

    protected static ExecuteOperationMetadata MetadataOf(Operation operation) => operation.Metadata.Unpack<ExecuteOperationMetadata>();

    protected static ExecuteResponse ResponseOf(Operation operation)
    {
        Assert.True(operation.Done);
        Assert.Equal(Operation.ResultOneofCase.Response, operation.ResultCase);
        return operation.Response.Unpack<ExecuteResponse>();
    }

    /// <summary>The response of a command that ran to its end.</summary>
    protected static ActionResult ResultOf(ExecuteResponse response)
    {
        Assert.True((response.Status?.Code ?? 0) == 0, $"{response.Status} {response.Message}");
        return response.Result;
    }

    protected async Task<string> StandardOutputAsync(ActionResult result) => await TextAsync(result.StdoutRaw, result.StdoutDigest);

    protected async Task<string> TextAsync(OutputFile file) => await TextAsync(file.Contents, file.Digest);

    /// <summary>The blobs that a status calls missing; rule 1 forbids it any other detail.</summary>
    protected static IReadOnlyList<string> MissingOf(Google.Rpc.Status status)
    {
        Assert.Equal((int)StatusCode.FailedPrecondition, status.Code);
        var failure = Assert.Single(status.Details).Unpack<PreconditionFailure>();
        Assert.NotEmpty(failure.Violations);
        Assert.All(failure.Violations, violation => Assert.Equal("MISSING", violation.Type));
        return [.. failure.Violations.Select(violation => violation.Subject)];
    }

    protected string SubjectOf(Digest digest) => $"blobs/{Spelled(digest)}";

    /// <summary>The end of a call that could not begin an execution.</summary>
    protected async Task<RpcException> NotBegunAsync(Digest action, StatusCode code, Action<ExecuteRequest>? configure = null)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(() => ExecuteAllAsync(action, configure));
        Assert.Equal((code, true), (refusal.StatusCode, refusal.Status.Detail.Length > 0));
        return refusal;
    }

    protected static Google.Rpc.Status DetailsOf(RpcException refusal) =>
        refusal.GetStatusDetails(Google.Rpc.Status.Parser) ?? throw new InvalidOperationException($"no details: {refusal.Status}");

    private async Task<string> TextAsync(Google.Protobuf.ByteString inline, Digest? digest) =>
        !inline.IsEmpty || digest is null || digest.SizeBytes == 0
            ? inline.ToStringUtf8()
            : System.Text.Encoding.UTF8.GetString(await ReadAsync(BlobName(digest)));
}
