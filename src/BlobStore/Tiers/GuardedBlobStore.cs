using BuildFarm.Digests;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>
/// A store at the other end of a network whose every step has a time limit and whose failures are all
/// <see cref="BlobStoreUnavailableException"/>. While it is down it is asked only now and then; the others fail at once.
/// </summary>
/// <param name="inner">The store.</param>
/// <param name="name">For people.</param>
/// <param name="patience">How long a step may take: the start of a read or a write, a part of it, the end of it.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told when it goes and when it is back.</param>
public sealed partial class GuardedBlobStore(IBlobStore inner, string name, TimeSpan patience, TimeProvider time, ILogger<GuardedBlobStore> logger)
    : IBatchBlobStore, IHashIndex
{
    private readonly Circuit _circuit = new(time);

    /// <summary>For people.</summary>
    public string Name { get; } = name;

    /// <summary>It has failed lately, so that whoever has a choice asks another one.</summary>
    public bool IsDown => _circuit.Failure is not null;

    /// <summary>It has failed and not answered since, whether or not it may be asked again by now.</summary>
    public bool HasFailed => _circuit.HasFailed;

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The store does not answer, or refuses.</exception>
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        var reader = await RunAsync($"read blob {digest}", token => inner.OpenAsync(digest, token), cancellationToken);
        return reader is null ? null : new Reader(this, digest, reader);
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The store does not answer, or refuses.</exception>
    public async ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) =>
        new Writer(this, digest, await RunAsync($"store blob {digest}", token => inner.CreateAsync(digest, token), cancellationToken));

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The store does not answer, or refuses.</exception>
    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) =>
        RunAsync($"look for {digests.Count} blobs", token => inner.FindMissingAsync(digests, token), cancellationToken);

    /// <inheritdoc />
    public async ValueTask<BlobStoreException?[]> PutManyAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync($"store {blobs.Count} blobs", token => inner.PutManyAsync(blobs, token), cancellationToken);
        }
        catch (BlobStoreException e)
        {
            return [.. Enumerable.Repeat(e, blobs.Count)];
        }
    }

    /// <inheritdoc />
    public async ValueTask<BlobAnswer[]> GetManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync($"read {digests.Count} blobs", token => inner.GetManyAsync(digests, token), cancellationToken);
        }
        catch (BlobStoreException e)
        {
            return [.. Enumerable.Repeat(new BlobAnswer(null, e), digests.Count)];
        }
    }

    /// <inheritdoc />
    public ValueTask<Digest?> FindByHashAsync(Digest named, CancellationToken cancellationToken) =>
        RunAsync($"look for blob {named.HashHex}", token => inner.FindByHashAsync(named, token), cancellationToken);

    /// <summary>Runs one step of anything that the same server does, under the same rules.</summary>
    internal async ValueTask<T> RunAsync<T>(string what, Func<CancellationToken, ValueTask<T>> step, CancellationToken cancellationToken)
    {
        if (_circuit.Failure is { } known)
        {
            throw new BlobStoreUnavailableException(known.Message, known);
        }

        using var late = new CancellationTokenSource(patience, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            var result = await step(ended.Token);
            if (_circuit.Succeeded())
            {
                LogBack(Name);
            }

            return result;
        }
        catch (RpcException e) when (cancellationToken.IsCancellationRequested)
        {
            // A call has its own way to say that its caller gave up.
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (Exception e) when (IsFailure(e) && !cancellationToken.IsCancellationRequested)
        {
            var failure = e as BlobStoreUnavailableException ?? new BlobStoreUnavailableException($"{Name} {Reason(e)}; could not {what}. Try again later.", e);
            if (!IsOfTheBlob(e) && _circuit.Failed(failure))
            {
                LogDown(Name, failure.Message);
            }

            throw failure;
        }
    }

    private static bool IsFailure(Exception e) =>
        e is RpcException { StatusCode: not (StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition) } or OperationCanceledException or BlobStoreUnavailableException or HttpRequestException or IOException and not BlobStoreException;

    // It was there and is not any more: that says nothing of the others.
    private static bool IsOfTheBlob(Exception e) => e is RpcException { StatusCode: StatusCode.NotFound or StatusCode.DataLoss };

    private string Reason(Exception e) => e switch
    {
        RpcException rpc => $"answered {rpc.StatusCode} ({rpc.Status.Detail.ReplaceLineEndings(" ").TrimEnd('.', ' ')})",
        OperationCanceledException => $"did not answer within {patience.TotalSeconds:0.###} s",
        _ => $"failed ({e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ')})",
    };

    [LoggerMessage(EventId = 251, Level = LogLevel.Warning, Message = "{Name} is down: {Problem}")]
    private partial void LogDown(string name, string problem);

    [LoggerMessage(EventId = 252, Level = LogLevel.Information, Message = "{Name} answers again")]
    private partial void LogBack(string name);

    private sealed class Reader(GuardedBlobStore store, Digest digest, BlobReader inner) : BlobReader
    {
        public override long Length => inner.Length;

        public override ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
            store.RunAsync($"read blob {digest}", token => inner.ReadAsync(offset, buffer, token), cancellationToken);

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Writer(GuardedBlobStore store, Digest digest, BlobWriter inner) : BlobWriter
    {
        public override long Written => inner.Written;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            await store.RunAsync($"store blob {digest}", token => StepAsync(inner.WriteAsync(bytes, token)), cancellationToken);

        public override async ValueTask CommitAsync(CancellationToken cancellationToken) =>
            await store.RunAsync($"store blob {digest}", token => StepAsync(inner.CommitAsync(token)), cancellationToken);

        public override ValueTask DisposeAsync() => inner.DisposeAsync();

        private static async ValueTask<bool> StepAsync(ValueTask step)
        {
            await step;
            return true;
        }
    }
}
