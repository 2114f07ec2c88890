using BuildFarm.Hosting;
using BuildFarm.Hosting.Leaders;
using BuildFarm.Hosting.Local;
using Grpc.Net.Client;

namespace BuildFarm.Cli.Connection;

/// <summary>
/// Finds the farm that a command means: the one that <c>--farm</c> or <c>FARM_URL</c> names, else this user's own by its
/// socket, else one that lives as long as the command.
/// </summary>
public sealed class FarmFinder(string? option, Func<string, string?> variable)
{
    /// <summary>The variable that names a farm.</summary>
    public const string UrlVariable = "FARM_URL";

    /// <summary>The farm, without calling it yet; <paramref name="embed"/> starts one when there is none.</summary>
    /// <exception cref="FarmException">The URL is none, or the local farm's directory cannot be trusted.</exception>
    public async Task<FarmConnection> FindAsync(Func<Task<FarmConnection>> embed) => Running() ?? await embed();

    /// <summary>The farm, which must run already: what it is asked about lives in it.</summary>
    /// <exception cref="FarmException">There is none: exit status 7.</exception>
    public FarmConnection FindRunning() => Running() ?? throw new FarmException(
        "No farm of yours is running on this machine; start one with 'farm up', or name one with --farm URL or FARM_URL.", ExitCode.Unreachable);

    private FarmConnection? Running()
    {
        var named = string.IsNullOrEmpty(option) ? variable(UrlVariable) : option;
        if (!string.IsNullOrEmpty(named))
        {
            var source = string.IsNullOrEmpty(option) ? UrlVariable : "--farm";
            return Connect(ParseAll(named, source), string.IsNullOrEmpty(option) ? string.Empty : $" --farm {ShellWords.Quote(named)}");
        }

        try
        {
            var socket = LocalFarmSocket.OfCurrentUser();
            return socket.IsListening() ? Connect([socket.Address], string.Empty) : null;
        }
        catch (LocalFarmSocketException error)
        {
            throw FarmException.Infrastructure(error.Message, error);
        }
    }

    /// <summary>A connection to a farm, made when the first call needs it. Of several coordinators the leader is found by asking.</summary>
    public static FarmConnection Connect(IReadOnlyList<Uri> addresses, string attachOption)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        var name = string.Join(',', addresses.Select(static address => address.ToString().TrimEnd('/')));
        if (addresses.Count > 1)
        {
            var leader = new LeaderInvoker(addresses, TimeProvider.System);
            return new FarmConnection(leader, name, isEmbedded: false, attachOption, () => Close(leader));
        }

        var channel = GrpcChannel.ForAddress(addresses[0], ChannelOptions());
        return new FarmConnection(channel.CreateCallInvoker(), name, isEmbedded: false, attachOption, () => Close(channel));
    }

    private static ValueTask Close(IDisposable connection)
    {
        connection.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>How this program's channels to services behave.</summary>
    internal static GrpcChannelOptions ChannelOptions()
    {
        var options = FarmChannel.Options();
        options.ConnectTimeout = TimeSpan.FromSeconds(10);
        return options;
    }

    /// <summary>The address of a service; <paramref name="source"/> begins the sentence that says who gave it.</summary>
    internal static Uri Parse(string text, string source) => FarmAddresses.Find(text) ?? throw NoAddress(text, source);

    private static IReadOnlyList<Uri> ParseAll(string text, string source) =>
        FarmAddresses.Parse(text, out var wrong) ?? throw NoAddress(wrong, source);

    private static FarmException NoAddress(string text, string source) => FarmException.Usage(
        $"{source} is '{text}', which is no address of a farm; write http://HOST:8980, https://HOST:PORT or unix:///PATH, several coordinators with commas between them.");
}
