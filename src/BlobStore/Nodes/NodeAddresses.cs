using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using BuildFarm.BlobStore.Tiers;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>How the option that names the nodes is read.</summary>
public static partial class NodeAddresses
{
    private const string Dns = "dns://";
    private const int MostNodes = 1000;

    /// <summary>One line for each problem, beginning with the name of the option.</summary>
    public static IEnumerable<string> FindProblems(string addresses, int copies)
    {
        var isDns = addresses.StartsWith(Dns, StringComparison.OrdinalIgnoreCase);
        if (isDns)
        {
            if (!Uri.TryCreate(addresses, UriKind.Absolute, out var uri) || uri.Port <= 0 || uri.Host.Length == 0)
            {
                yield return $"{nameof(TierOptions.Addresses)}: '{addresses}' is not dns://NAME:PORT";
            }
        }
        else
        {
            var all = Expand(addresses);
            foreach (var address in all)
            {
                if (TierOptions.ProblemOf(address) is { } problem)
                {
                    yield return $"{nameof(TierOptions.Addresses)}: {problem}";
                }
            }

            if (all.Count < 2 || all.Distinct(StringComparer.Ordinal).Count() < all.Count || all.Count > MostNodes)
            {
                yield return $"{nameof(TierOptions.Addresses)}: '{addresses}' names {all.Count} nodes; name from 2 to {MostNodes}, each once";
            }
        }

        if (copies is < 1 or > 5)
        {
            yield return $"{nameof(TierOptions.Copies)}: {copies} is not between 1 and 5";
        }
    }

    /// <summary>Gives the addresses of the nodes whenever it is asked, and says whether that may be worth it.</summary>
    internal static NodeSource Source(string addresses)
    {
        if (!addresses.StartsWith(Dns, StringComparison.OrdinalIgnoreCase))
        {
            return new NodeSource(Expand(addresses), Find: null);
        }

        var uri = new Uri(addresses);
        return new NodeSource([], token => ResolveAsync(uri.Host, uri.Port, token));
    }

    /// <summary>A list with the ranges in it spelt out.</summary>
    public static IReadOnlyList<string> Expand(string addresses) =>
        [.. addresses.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).SelectMany(ExpandOne)];

    private static IEnumerable<string> ExpandOne(string address)
    {
        var range = Range().Match(address);
        if (!range.Success)
        {
            return [address.TrimEnd('/')];
        }

        var (from, to) = (Number(range.Groups["from"]), Number(range.Groups["to"]));
        return to < from || to - from > MostNodes
            ? [address]
            : Enumerable.Range(from, to - from + 1).Select(number => address.Replace(range.Value, number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).TrimEnd('/'));
    }

    private static int Number(Group group) => int.TryParse(group.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;

    // A pod of a StatefulSet has a name of its own, which outlives its address, and which the reverse look-up tells.
    private static async Task<IReadOnlyList<string>> ResolveAsync(string name, int port, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        foreach (var address in await System.Net.Dns.GetHostAddressesAsync(name, cancellationToken))
        {
            found.Add($"http://{await NameOfAsync(address, name, cancellationToken)}:{port}");
        }

        return found;
    }

    private static async Task<string> NameOfAsync(IPAddress address, string service, CancellationToken cancellationToken)
    {
        var literal = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : $"{address}";
        try
        {
            var host = (await System.Net.Dns.GetHostEntryAsync(address.ToString(), cancellationToken)).HostName;
            return host.Contains($".{service.Split('.')[0]}.", StringComparison.OrdinalIgnoreCase) ? host : literal;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return literal;
        }
    }

    [GeneratedRegex(@"\{(?<from>\d+)\.\.(?<to>\d+)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Range();
}
