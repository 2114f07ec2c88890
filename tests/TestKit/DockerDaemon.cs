using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace BuildFarm.TestKit;

/// <summary>
/// A Docker daemon with an image to run tasks in: the machine's own when one answers, else one of the tests', started here with its
/// data in a cache folder, so that the image is made once, and stopped by <see cref="DisposeAsync"/>.
/// </summary>
public sealed class DockerDaemon : IAsyncDisposable
{
    private const string MachinesSocket = "/run/docker.sock";
    private const int MostAtOnce = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FileStream? _folderLock;
    private readonly TempFolder? _run;
    private Process? _process;
    private string[] _arguments = [];

    private DockerDaemon(string socket, FileStream? folderLock = null, TempFolder? run = null)
    {
        Socket = socket;
        _folderLock = folderLock;
        _run = run;
    }

    /// <summary>Path of its unix socket.</summary>
    public string Socket { get; }

    /// <summary>Name of an image with a minimal Debian and python3.</summary>
    public string Image { get; private set; } = "";

    private static string Cache => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache", "buildfarm", "docker");

    private static string ImageScript => Path.GetFullPath(Path.Combine(SourceFolder.Of(), "..", "docker-image"));

    /// <summary>Finds or starts one that has the image.</summary>
    public static Task<DockerDaemon> StartAsync() => StartAsync(alone: false);

    /// <summary>Starts one that nobody else uses, to be ended and started again.</summary>
    public static Task<DockerDaemon> StartAloneAsync() => StartAsync(alone: true);

    /// <summary>Ends it by a signal, and waits until it has.</summary>
    public async Task EndAsync(string signal)
    {
        await RunProcessAsync("kill", [$"-{signal}", Own.Id.ToString(CultureInfo.InvariantCulture)]);
        await Own.WaitForExitAsync().WaitAsync(Patience);
        await EndOfContainerdAsync();
    }

    /// <summary>Starts it again at the same socket, over the same data.</summary>
    public async Task StartAgainAsync()
    {
        Own.Dispose();
        await LaunchAsync(_arguments);
    }

    private Process Own => _process ?? throw new InvalidOperationException("It is the machine's, and not the test's to end.");

    private static async Task<DockerDaemon> StartAsync(bool alone)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw Requirements.Missing("Running containers of a Docker daemon needs root.");
        }

        await Requirements.AptAsync("docker.io", "dockerd --version && docker --version");
        var daemon = !alone && await AnswersAsync(MachinesSocket) ? new DockerDaemon(MachinesSocket) : await StartOwnAsync();
        try
        {
            await daemon.EnsureImageAsync();
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the docker command on it; returns what it prints.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (exitCode, output, error) = await RunProcessAsync("docker", ["-H", $"unix://{Socket}", .. arguments]);
        return exitCode == 0 ? output.Trim() : throw new InvalidOperationException($"docker {string.Join(' ', arguments)}: {error.Trim()}");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            if (!_process.HasExited)
            {
                await StopAsync(_process.Id);
            }

            await _process.WaitForExitAsync().WaitAsync(Patience);
            _process.Dispose();
        }

        if (_run is not null)
        {
            // Nobody ends these for a daemon that was killed.
            foreach (var shim in HostProcesses.WithCommand($"\0-address\0{_run.Path}/"))
            {
                await RunProcessAsync("kill", ["-KILL", shim.ToString(CultureInfo.InvariantCulture)]);
            }

            // dockerd leaves its own network namespace mounted, and one that was killed those of its containers.
            foreach (var mount in await MountsBelowAsync(_run.Path))
            {
                await RunProcessAsync("umount", ["--lazy", mount]);
            }

            _run.Dispose();
        }

        _folderLock?.Dispose();
    }

    /// <summary>
    /// The kernel ends it when dockerd was killed. The next dockerd takes one that is still to be seen for one that runs, a zombie too.
    /// </summary>
    private async Task EndOfContainerdAsync()
    {
        var file = _run!.File("exec/containerd/containerd.pid");
        if (!File.Exists(file))
        {
            return;
        }

        var containerd = int.Parse(await File.ReadAllTextAsync(file), CultureInfo.InvariantCulture);
        await Eventually.IsTrueAsync(() => HostProcesses.HasEnded(containerd), CancellationToken.None, () => $"containerd {containerd} ends");
        File.Delete(file);
    }

    /// <summary>Its data outlives runs of tests, and one that was killed left its containers there.</summary>
    private async Task RemoveContainersAsync()
    {
        if ((await RunAsync("ps", "-aq")).Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } left)
        {
            await RunAsync(["rm", "--force", .. left]);
        }
    }

    /// <summary>The deepest first.</summary>
    private static async Task<IEnumerable<string>> MountsBelowAsync(string folder) =>
        (await File.ReadAllLinesAsync("/proc/self/mounts")).Select(static line => line.Split(' ')[1])
            .Where(mount => mount.StartsWith($"{folder}/", StringComparison.Ordinal)).OrderByDescending(static mount => mount.Length);

    private static async Task<DockerDaemon> StartOwnAsync()
    {
        var (folder, folderLock) = TakeFolder();
        var run = new TempFolder();
        var daemon = new DockerDaemon(run.File("docker.sock"), folderLock, run);
        try
        {
            await StopLeftoverAsync(folder);
            // No network of containers is in use, so the machine's firewall and bridges are left as they are.
            string[] arguments =
            [
                "--data-root", Path.Combine(folder, "data"), "--exec-root", run.File("exec"), "--pidfile", Path.Combine(folder, "pid"),
                "--host", $"unix://{daemon.Socket}", "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
                "--exec-opt", "native.cgroupdriver=cgroupfs",
            ];
            await daemon.LaunchAsync(arguments);
            await daemon.RemoveContainersAsync();
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    private async Task LaunchAsync(string[] arguments)
    {
        _arguments = arguments;
        _process = Process.Start(new ProcessStartInfo("dockerd", arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new Queue<string>();
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                ready.TrySetException(new InvalidOperationException($"dockerd ended: {string.Join('\n', said)}"));
                return;
            }

            said.Enqueue(line.Data);
            if (said.Count > 20)
            {
                said.Dequeue();
            }

            if (line.Data.Contains("API listen on", StringComparison.Ordinal))
            {
                ready.TrySetResult();
            }
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await ready.Task.WaitAsync(Patience);
    }

    /// <summary>A cache folder that no other test process uses now.</summary>
    private static (string Path, FileStream Lock) TakeFolder()
    {
        for (var i = 1; i <= MostAtOnce; i++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(Cache, $"daemon{i.ToString(CultureInfo.InvariantCulture)}")).FullName;
            try
            {
                return (folder, new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException)
            {
                // In use; the next one.
            }
        }

        throw new InvalidOperationException($"{MostAtOnce} test processes have a Docker daemon of their own already; see {Cache}");
    }

    /// <summary>Ends the daemon of a test process that was killed.</summary>
    private static async Task StopLeftoverAsync(string folder)
    {
        var file = Path.Combine(folder, "pid");
        if (!File.Exists(file) || !int.TryParse(await File.ReadAllTextAsync(file), CultureInfo.InvariantCulture, out var id))
        {
            return;
        }

        if (File.Exists($"/proc/{id}/cmdline") && (await File.ReadAllTextAsync($"/proc/{id}/cmdline")).Contains(folder, StringComparison.Ordinal))
        {
            using var leftover = Process.GetProcessById(id);
            await StopAsync(id);
            await leftover.WaitForExitAsync().WaitAsync(Patience);
        }

        File.Delete(file);
    }

    private static async Task StopAsync(int process) => await RunProcessAsync("kill", ["-TERM", process.ToString(CultureInfo.InvariantCulture)]);

    private static async Task<bool> AnswersAsync(string socket) =>
        File.Exists(socket) && (await RunProcessAsync("docker", ["-H", $"unix://{socket}", "version", "--format", "{{.Server.Version}}"])).ExitCode == 0;

    /// <summary>The image by the name of what makes it; made into an archive once a machine, and imported once a daemon.</summary>
    private async Task EnsureImageAsync()
    {
        var version = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(ImageScript)))[..12];
        Image = $"buildfarm-test:{version}";
        if ((await RunProcessAsync("docker", ["-H", $"unix://{Socket}", "image", "inspect", Image])).ExitCode == 0)
        {
            return;
        }

        await Requirements.AptAsync("debootstrap", "debootstrap --version");
        Directory.CreateDirectory(Cache);
        var archive = Path.Combine(Cache, $"{version}.tar");
        var (exitCode, _, error) = await RunProcessAsync("flock", [Path.Combine(Cache, "image.lock"), "sh", "-c", $"test -e {archive} || {ImageScript} {archive}"]);
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"{ImageScript} failed: {error}");
        }

        await RunAsync("import", archive, Image);
    }

    private static async Task<(int ExitCode, string Out, string Error)> RunProcessAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}
