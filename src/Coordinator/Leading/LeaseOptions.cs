using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Leaders;

namespace BuildFarm.Coordinator.Leading;

/// <summary>How coordinators that share a PostgreSQL database agree which of them leads. Alike at all of them.</summary>
public sealed class LeaseOptions : ICheckedOptions
{
    /// <summary>
    /// Address at which workers, clients and the other coordinators reach this one, e.g. <c>http://host:8980</c>. Empty: what
    /// it listens on, or the host's name when that is every address.
    /// </summary>
    public string Address { get; set; } = "";

    /// <summary>How long a leader that is not heard of leads on. A takeover after a crash takes this long and a little more.</summary>
    public TimeSpan Duration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the leader renews its lease.</summary>
    public TimeSpan RenewEvery { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// How long before its lease ends the leader stops by itself when it cannot renew it: for clocks that run at different
    /// speeds, and for what is under way.
    /// </summary>
    internal TimeSpan Margin => Duration / 10;

    /// <inheritdoc />
    public IEnumerable<string> FindProblems()
    {
        if (Address.Length > 0 && FarmAddresses.Find(Address) is null)
        {
            yield return $"{nameof(Address)}: '{Address}' is no address; give http://host:port, https://host:port or unix:///path";
        }

        if (Duration < TimeSpan.FromMilliseconds(200) || Duration > TimeSpan.FromMinutes(5))
        {
            yield return $"{nameof(Duration)}: {Duration} is not between 200 ms and 5 minutes";
        }

        if (RenewEvery <= TimeSpan.Zero || RenewEvery > Duration / 3)
        {
            yield return $"{nameof(RenewEvery)}: {RenewEvery} is not between 0 and a third of {nameof(Duration)} ({Duration})";
        }
    }

    /// <summary>The address to tell others.</summary>
    internal Uri AddressOf(ListenOptions listen)
    {
        if (Address.Length > 0)
        {
            return new Uri(Address);
        }

        var endpoint = System.Net.IPEndPoint.Parse(listen.Grpc);
        var everywhere = endpoint.Address.Equals(System.Net.IPAddress.Any) || endpoint.Address.Equals(System.Net.IPAddress.IPv6Any);
        return new UriBuilder("http", everywhere ? System.Net.Dns.GetHostName() : endpoint.Address.ToString(), endpoint.Port).Uri;
    }
}
