using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>
/// The nodes of now. A list from the options stays; a name is looked up again and again. One that a look-up no longer names stays
/// for a while, because a pod that is moved is gone for a minute and its share should not move twice.
/// </summary>
internal sealed partial class NodeList : IAsyncDisposable
{
    /// <summary>How long a node that is no longer named keeps its share.</summary>
    public static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(10);

    private readonly NodeSource _source;
    private readonly int _copies;
    private readonly Func<string, CacheNode> _open;
    private readonly TimeSpan _lookUpEvery;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ended = new();
    private readonly Dictionary<string, CacheNode> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _lastNamed = new(StringComparer.Ordinal);
    private readonly Task _lookingUp;
    private volatile NodeSet _current;

    /// <param name="source">Their addresses.</param>
    /// <param name="copies">Nodes that each blob lies on.</param>
    /// <param name="open">Makes a node of an address, once for each.</param>
    /// <param name="lookUpEvery">How often a name is looked up.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told who comes and goes.</param>
    public NodeList(NodeSource source, int copies, Func<string, CacheNode> open, TimeSpan lookUpEvery, TimeProvider time, ILogger<NodeList> logger)
    {
        _source = source;
        _copies = copies;
        _open = open;
        _lookUpEvery = lookUpEvery;
        _time = time;
        _logger = logger;
        _current = new NodeSet([.. source.Fixed.Select(Known)], copies);
        _lookingUp = source.Find is null ? Task.CompletedTask : Task.Run(LookUpAsync);
    }

    /// <summary>The nodes of now.</summary>
    /// <exception cref="BlobStoreUnavailableException">None is known yet.</exception>
    public NodeSet Current => _current.Nodes.Count > 0
        ? _current
        : throw new BlobStoreUnavailableException("No cache node is known yet: their name has no address. Start the nodes, or mend the name.");

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _lookingUp;
        _ended.Dispose();
    }

    private async Task LookUpAsync()
    {
        try
        {
            while (true)
            {
                await LookUpOnceAsync();
                await Task.Delay(_lookUpEvery, _time, _ended.Token);
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task LookUpOnceAsync()
    {
        try
        {
            var now = _time.GetTimestamp();
            foreach (var address in await _source.Find!(_ended.Token))
            {
                _lastNamed[address] = now;
            }
        }
        catch (System.Net.Sockets.SocketException e)
        {
            LogNotFound(e.Message);
        }

        var addresses = _lastNamed.Where(pair => _time.GetElapsedTime(pair.Value) < ForgetAfter).Select(pair => pair.Key).Order(StringComparer.Ordinal).ToList();
        if (!addresses.SequenceEqual(_current.Nodes.Select(node => node.Name), StringComparer.Ordinal))
        {
            LogNodes(new Joined(addresses));
            _current = new NodeSet([.. addresses.Select(Known)], _copies);
        }
    }

    private CacheNode Known(string address)
    {
        if (!_known.TryGetValue(address, out var node))
        {
            _known.Add(address, node = _open(address));
        }

        return node;
    }

    [LoggerMessage(EventId = 273, Level = LogLevel.Information, Message = "cache nodes: {Nodes}")]
    private partial void LogNodes(Joined nodes);

    [LoggerMessage(EventId = 274, Level = LogLevel.Warning, Message = "the cache nodes' name cannot be looked up, those known stay: {Problem}")]
    private partial void LogNotFound(string problem);

    // Put together only when somebody reads it.
    private readonly record struct Joined(IReadOnlyList<string> Addresses)
    {
        public override string ToString() => string.Join(", ", Addresses);
    }
}
