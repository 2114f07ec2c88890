using System.Diagnostics;
using System.Globalization;

namespace BuildFarm.TestKit;

/// <summary>
/// A PostgreSQL of its own for a class of tests: fresh data in a temporary folder, reachable by a unix socket in it and by
/// nothing else, with its durability as it comes. It refuses to run as root, so root starts it as the package's user.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Bin = "/usr/lib/postgresql/15/bin";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private Process? _server;
    private int _schemas;

    private string Data => _folder.File("data");

    /// <summary>Starts a server.</summary>
    public static async Task<PostgresServer> StartAsync()
    {
        await Requirements.AptAsync("postgresql-15", $"test -x {Bin}/postgres");
        var server = new PostgresServer();
        try
        {
            await server.StartServerAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection string with an empty schema of its own.</summary>
    public async Task<string> SchemaAsync()
    {
        var schema = $"s{Interlocked.Increment(ref _schemas)}";
        await ExecuteAsync($"CREATE SCHEMA {schema}");
        return $"Host={_folder.Path};Username=postgres;Database=postgres;Search Path={schema}";
    }

    /// <summary>Runs SQL as the superuser and returns what psql prints, unaligned.</summary>
    public Task<string> ExecuteAsync(string sql) => RunAsync($"{Bin}/psql", "-h", _folder.Path, "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-At", "-c", sql);

    /// <summary>Kills every process of the server, as a machine that goes down does.</summary>
    public async Task CrashAsync()
    {
        // It starts nobody from here on.
        await RunAsync("/bin/kill", "-STOP", $"{_server!.Id}");
        var all = await File.ReadAllTextAsync($"/proc/{_server.Id}/task/{_server.Id}/children");
        _server.Kill(entireProcessTree: true);
        await _server.WaitForExitAsync();
        // As long as one of its processes ends, the next server finds the memory of this one in use.
        foreach (var child in all.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            await Eventually.IsTrueAsync(() => HostProcesses.HasEnded(int.Parse(child, CultureInfo.InvariantCulture)), CancellationToken.None, () => $"process {child} of PostgreSQL ends");
        }
    }

    /// <summary>Starts it again after a crash.</summary>
    public async Task StartServerAsync()
    {
        if (!Directory.Exists(Data))
        {
            if (Environment.IsPrivilegedProcess)
            {
                await RunAsync("/bin/chown", "postgres", _folder.Path);
            }

            await RunAsync($"{Bin}/initdb", "-D", Data, "-U", "postgres", "-A", "trust", "--no-instructions");
        }

        var start = StartInfo($"{Bin}/postgres", "-D", Data, "-k", _folder.Path, "-c", "listen_addresses=", "-c", "shared_buffers=32MB");
        _server = Process.Start(start)!;
        var ready = new TaskCompletionSource();
        var said = new List<string>();
        _server.ErrorDataReceived += (_, line) =>
        {
            said.Add(line.Data ?? "");
            if (line.Data is null)
            {
                ready.TrySetException(new InvalidOperationException($"postgres ended: {string.Join('\n', said)}"));
            }
            else if (line.Data.Contains("ready to accept connections", StringComparison.Ordinal))
            {
                ready.TrySetResult();
            }
        };
        _server.BeginErrorReadLine();
        await ready.Task.WaitAsync(Patience);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false } server)
        {
            // Fast shutdown: sessions are ended, data is written.
            using var stop = Process.Start("/bin/kill", ["-INT", $"{server.Id}"]);
            await stop.WaitForExitAsync();
            await server.WaitForExitAsync().WaitAsync(Patience);
        }

        _server?.Dispose();
        _folder.Dispose();
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(StartInfo(program, arguments))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode == 0 ? (await output).Trim() : throw new InvalidOperationException($"{program} failed: {await errors}");
    }

    private static ProcessStartInfo StartInfo(string program, params string[] arguments)
    {
        var asUser = Environment.IsPrivilegedProcess && program.StartsWith(Bin, StringComparison.Ordinal);
        return new ProcessStartInfo(
            asUser ? "/usr/bin/setpriv" : program,
            asUser ? ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, .. arguments] : arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = "/",
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["LC_ALL"] = "C" },
        };
    }
}
