using Grpc.Core;
using Grpc.Net.Client;

namespace BuildFarm.Hosting.Leaders;

/// <summary>
/// Which coordinator is asked next. Everybody asks the one that answered last; a failure moves all of them on, to where a
/// standby says that the leader is, or else to the next address of the list.
/// </summary>
internal sealed class LeaderSearch : IDisposable
{
    /// <summary>Channels at most: a standby that sent us to ever new addresses would be lying.</summary>
    private const int MostPeers = 16;

    private readonly Lock _gate = new();
    private readonly Func<Uri, GrpcChannel> _connect;
    private readonly IReadOnlyList<Uri> _addresses;
    private readonly Dictionary<Uri, Peer> _peers = [];
    private Peer _current;
    private int _tried;

    public LeaderSearch(IReadOnlyList<Uri> addresses, Func<Uri, GrpcChannel> connect)
    {
        _addresses = addresses;
        _connect = connect;
        _current = PeerAt(addresses[0]);
    }

    /// <summary>Whom to ask.</summary>
    public Peer Current
    {
        get
        {
            lock (_gate)
            {
                return _current;
            }
        }
    }

    /// <summary>A call ended as UNAVAILABLE.</summary>
    /// <returns>True when the failed one, or another call meanwhile, has named another to ask: that needs no pause.</returns>
    public bool MoveOn(Peer failed, RpcException error)
    {
        lock (_gate)
        {
            if (failed != _current)
            {
                return true;
            }

            if (LeaderRedirect.Find(error) is { } leader && leader != failed.Address && MayFollow(leader))
            {
                _current = PeerAt(leader);
                return true;
            }

            _tried = (_tried + 1) % _addresses.Count;
            if (_addresses[_tried] == failed.Address)
            {
                // It was reached by a redirect, not in the list's order.
                _tried = (_tried + 1) % _addresses.Count;
            }

            _current = PeerAt(_addresses[_tried]);
            return false;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var peer in _peers.Values)
            {
                peer.Channel.Dispose();
            }
        }
    }

    /// <summary>Nobody is led from an encrypted farm to one in clear.</summary>
    private bool MayFollow(Uri leader) =>
        _addresses.Any(address => address.Scheme == leader.Scheme) && (_peers.ContainsKey(leader) || _peers.Count < MostPeers);

    private Peer PeerAt(Uri address)
    {
        if (!_peers.TryGetValue(address, out var peer))
        {
            var channel = _connect(address);
            _peers.Add(address, peer = new Peer(address, channel, channel.CreateCallInvoker()));
        }

        return peer;
    }

    /// <summary>One coordinator.</summary>
    internal sealed record Peer(Uri Address, GrpcChannel Channel, CallInvoker Invoker);
}
