using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>
/// Reads many small blobs: each from the first of its nodes that is not down, each node asked once and all of them at the same time; what one did not give
/// is asked of the next. A node that has not what another gave is owed it.
/// </summary>
internal sealed class NodesBatchRead
{
    private readonly IReadOnlyList<Digest> _digests;
    private readonly NodeDebts _debts;
    private readonly CacheNode[][] _places;
    private readonly List<CacheNode>?[] _lacking;
    private readonly BlobAnswer[] _answers;

    public NodesBatchRead(NodeSet nodes, IReadOnlyList<Digest> digests, NodeDebts debts)
    {
        _digests = digests;
        _debts = debts;
        _places = [.. digests.Select(digest => NodesBlobStore.HealthyFirst(nodes.Of(digest)).ToArray())];
        _lacking = new List<CacheNode>?[digests.Count];
        _answers = [.. digests.Select(static digest => digest.IsEmptyBlob ? new BlobAnswer(ReadOnlyMemory<byte>.Empty) : default)];
    }

    /// <summary>An answer for each: a failure only when no node has answered that it lacks the blob.</summary>
    public async ValueTask<BlobAnswer[]> RunAsync(CancellationToken cancellationToken)
    {
        var copies = _places.Length == 0 ? 0 : _places[0].Length;
        for (var place = 0; place < copies; place++)
        {
            var shares = Enumerable.Range(0, _answers.Length).Where(i => _answers[i].Content is null).GroupBy(i => _places[i][place]);
            await Task.WhenAll(shares.Select(share => AskAsync(share.Key, [.. share], cancellationToken)).ToList());
        }

        for (var i = 0; i < _answers.Length; i++)
        {
            if (_lacking[i] is { } lacking)
            {
                _answers[i] = _answers[i] with { Failure = null };
                lacking.ForEach(node => Owe(node, i));
            }
        }

        return _answers;
    }

    // Nodes answer at the same time, and each for blobs of its own.
    private async Task AskAsync(CacheNode node, List<int> share, CancellationToken cancellationToken)
    {
        var answers = await node.Blobs.GetManyAsync(share.ConvertAll(i => _digests[i]), cancellationToken);
        for (var i = 0; i < answers.Length; i++)
        {
            _answers[share[i]] = answers[i];
            if (answers[i] is { Content: null, Failure: null })
            {
                (_lacking[share[i]] ??= []).Add(node);
            }
        }
    }

    private void Owe(CacheNode node, int i)
    {
        if (_answers[i].Content is not null)
        {
            _debts.Owe(node, _digests[i], _places[i]);
        }
    }
}
