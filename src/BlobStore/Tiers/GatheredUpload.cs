using BuildFarm.Digests;
using Grpc.Core;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>Does a step until a store that is away answers again.</summary>
/// <param name="what">The step, for people.</param>
/// <param name="step">May be done again.</param>
internal delegate ValueTask<IReadOnlyList<T>> Outlast<T>(string what, Func<ValueTask<IReadOnlyList<T>>> step);

/// <summary>
/// Blobs to a store far away. What is asked for while calls are under way goes together in the next ones: one who comes alone waits for nobody, and
/// many small ones pay for few round trips. What the far store has is not sent.
/// </summary>
/// <param name="near">Has them.</param>
/// <param name="far">Gets them.</param>
/// <param name="search">Outlasts a search of the far store.</param>
/// <param name="send">Outlasts an upload.</param>
internal sealed class GatheredUpload(IBlobStore near, IBlobStore far, Outlast<Digest> search, Outlast<BlobStoreException?> send)
{
    private readonly Lock _gate = new();
    private Dictionary<Digest, TaskCompletionSource> _waiting = [];
    private bool _runs;

    /// <summary>Uploads a blob, with whatever others are asked for. Cancelling ends the waiting, not the upload.</summary>
    public Task RunAsync(Digest digest, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue(digest, out var upload))
            {
                _waiting.Add(digest, upload = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            if (!_runs)
            {
                _runs = true;
                _ = Task.Run(SendWaitingAsync, CancellationToken.None);
            }

            return upload.Task.WaitAsync(cancellationToken);
        }
    }

    private async Task SendWaitingAsync()
    {
        while (TakeWaiting() is { } uploads)
        {
            try
            {
                await SendAsync(uploads);
            }
            catch (Exception e)
            {
                Fail(uploads.Values, e);
            }
        }
    }

    private Dictionary<Digest, TaskCompletionSource>? TakeWaiting()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _runs = false;
                return null;
            }

            var taken = _waiting;
            _waiting = [];
            return taken;
        }
    }

    private async Task SendAsync(Dictionary<Digest, TaskCompletionSource> uploads)
    {
        var missing = await search($"the search for {uploads.Count} blobs", () => far.FindMissingAsync(uploads.Keys, CancellationToken.None));
        foreach (var there in uploads.Keys.Except(missing))
        {
            uploads[there].TrySetResult();
        }

        foreach (var large in missing.Where(static digest => !SmallBlobs.IsSmall(digest)))
        {
            // It takes its time, and holds up nobody.
            _ = Task.Run(() => SendManyAsync($"the upload of blob {large}", [large], uploads), CancellationToken.None);
        }

        await SmallBlobs.InBatchesAsync(
            missing.Where(SmallBlobs.IsSmall), async (batch, _) => await SendManyAsync($"the upload of {batch.Count} blobs", batch, uploads), CancellationToken.None);
    }

    private async Task SendManyAsync(string what, IReadOnlyList<Digest> digests, Dictionary<Digest, TaskCompletionSource> uploads)
    {
        try
        {
            var refusals = await send(what, async () => digests is [var only] ? [await CopyAsync(only)] : await PutAsync(digests));
            for (var i = 0; i < digests.Count; i++)
            {
                if (refusals[i] is { } refusal)
                {
                    uploads[digests[i]].TrySetException(refusal);
                }
                else
                {
                    uploads[digests[i]].TrySetResult();
                }
            }
        }
        catch (Exception e)
        {
            Fail(digests.Select(digest => uploads[digest]), e);
        }
    }

    private async ValueTask<BlobStoreException?> CopyAsync(Digest digest)
    {
        try
        {
            await using var reader = await near.OpenAsync(digest, CancellationToken.None) ?? throw new MissingBlobException(digest);
            await using var writer = await far.CreateAsync(digest, CancellationToken.None);
            await reader.CopyToAsync(writer, CancellationToken.None);
            await writer.CommitAsync(CancellationToken.None);
            return null;
        }
        catch (BlobStoreException e)
        {
            return e;
        }
    }

    private async ValueTask<IReadOnlyList<BlobStoreException?>> PutAsync(IReadOnlyList<Digest> digests)
    {
        var read = await near.GetManyAsync(digests, CancellationToken.None);
        var refusals = Array.ConvertAll(read, static answer => answer.Failure);
        var places = new List<int>();
        for (var i = 0; i < read.Length; i++)
        {
            if (read[i].Content is not null)
            {
                places.Add(i);
            }
            else
            {
                refusals[i] ??= new MissingBlobException(digests[i]);
            }
        }

        var answers = await far.PutManyAsync(places.ConvertAll(i => new BlobContent(digests[i], read[i].Content!.Value)), CancellationToken.None);
        if (answers.OfType<BlobStoreUnavailableException>().FirstOrDefault() is { } away)
        {
            // Some are there now, and are not harmed by coming again.
            throw new RpcException(new Status(StatusCode.Unavailable, away.Message));
        }

        for (var i = 0; i < answers.Length; i++)
        {
            refusals[places[i]] = answers[i];
        }

        return refusals;
    }

    private static void Fail(IEnumerable<TaskCompletionSource> uploads, Exception why)
    {
        foreach (var upload in uploads)
        {
            upload.TrySetException(why);
        }
    }
}
