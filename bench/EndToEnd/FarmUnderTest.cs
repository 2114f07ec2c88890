using System.Diagnostics;
using Grpc.Net.Client;

namespace BuildFarm.Bench.EndToEnd;

/// <summary>A farm as a person starts it, <c>farm up</c> in a process of its own with two slots, and an open channel to it.</summary>
internal sealed class FarmUnderTest : IAsyncDisposable
{
    public const int Slots = 2;

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    private readonly string _folder;
    private readonly Process _process;
    private readonly Task _drained;

    private FarmUnderTest(string folder, Process process, string url)
    {
        _folder = folder;
        _process = process;
        // Nobody reads what it says later; unread it would block.
        _drained = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        Channel = GrpcChannel.ForAddress(url);
    }

    public GrpcChannel Channel { get; }

    public int ProcessId => _process.Id;

    /// <summary>CPU time of the farm's process, without the containers that it starts.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Folders of the worker's running tasks.</summary>
    public string TasksFolder => Path.Combine(_folder, "data", "worker", "tasks");

    /// <summary>A folder that goes with the farm.</summary>
    public string ScratchFolder => Directory.CreateDirectory(Path.Combine(_folder, "scratch")).FullName;

    private static string Program => Path.GetFullPath("out/farm/farm");

    public static async Task<FarmUnderTest> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("buildfarm-bench-").FullName;
        var start = CommandLine(folder, ["up", "--workers", $"{Slots}", "--data", Path.Combine(folder, "data"), "--port", "0", "--http-port", "0"]);
        start.RedirectStandardOutput = true;
        start.UseShellExecute = false;
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["ready", "grpc", var url, ..])
            {
                return new FarmUnderTest(folder, process, url);
            }
        }

        await process.WaitForExitAsync();
        Directory.Delete(folder, recursive: true);
        throw new InvalidOperationException($"farm up ended with {process.ExitCode} before it was ready");
    }

    /// <summary>The command line of a farm command that finds this farm as a user's commands do, by its socket.</summary>
    public ProcessStartInfo Command(params string[] arguments) => CommandLine(_folder, arguments);

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await ChildProcess.OutputOfAsync("kill", "-TERM", $"{_process.Id}");
        using (var patience = new CancellationTokenSource(StopPatience))
        {
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync();
            }
        }

        await _drained;
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static ProcessStartInfo CommandLine(string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments);
        start.Environment["XDG_RUNTIME_DIR"] = folder;
        start.Environment.Remove("FARM_URL");
        return start;
    }
}
