using BuildFarm.TestKit;

namespace BuildFarm.EndToEnd.Tests.Support;

/// <summary>
/// A place where commands of the farm run as a user of their own would run them: own data, cache and runtime folders, so
/// that no farm of this machine is found by accident.
/// </summary>
internal sealed class FarmBench : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<FarmProcess> _processes = [];
    private int _projects;
    private readonly Dictionary<string, string?> _environment;

    public FarmBench()
    {
        Project = _folder.Path;
        UseFreshProject();
        Data = Path.Combine(_folder.Path, "data");
        var runtime = Directory.CreateDirectory(Path.Combine(_folder.Path, "run"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        _environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["XDG_RUNTIME_DIR"] = runtime,
            ["XDG_DATA_HOME"] = Path.Combine(_folder.Path, "share"),
            ["XDG_CACHE_HOME"] = Path.Combine(_folder.Path, "cache"),
            ["FARM_URL"] = null,
            ["FARM_DEBUG"] = null,
            ["CI"] = null,
            ["GITHUB_ACTIONS"] = null,
            ["GITLAB_CI"] = null,
        };
    }

    /// <summary>The folder that commands run in.</summary>
    public string Project { get; private set; }

    /// <summary>The data folder of <see cref="UpAsync"/>.</summary>
    public string Data { get; }

    /// <summary>URL of gRPC once a farm is up.</summary>
    public string Url { get; private set; } = "";

    /// <summary>URL of plain HTTP once a farm is up.</summary>
    public string WebUrl { get; private set; } = "";

    /// <summary>The farm that <see cref="UpAsync"/> started.</summary>
    public FarmProcess? Farm { get; private set; }

    /// <summary>Commands run in a new, empty folder from now on.</summary>
    public void UseFreshProject() => Project = Directory.CreateDirectory(Path.Combine(_folder.Path, $"project-{++_projects}")).FullName;

    public void Write(string path, string text)
    {
        var file = Path.Combine(Project, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    /// <summary>Sets a variable for what is started from now on.</summary>
    public void Set(string variable, string value) => _environment[variable] = value;

    /// <summary>Starts `farm up` and waits for its ready line.</summary>
    public async Task UpAsync(params string[] options)
    {
        await Requirements.AptAsync("crun", "crun --version || runc --version");
        string[] port = options.Contains("--port", StringComparer.Ordinal) ? [] : ["--port", "0"];
        Farm = Start(["up", "--data", Data, "--http-port", "0", .. port, .. options]);
        var ready = await Farm.OutLineAsync("ready");
        var urls = ready.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(static word => word.StartsWith("http://", StringComparison.Ordinal)).ToArray();
        (Url, WebUrl) = (urls[0], urls[1]);
    }

    /// <summary>Starts a command.</summary>
    public FarmProcess Start(params string[] arguments) => StartProgram(Path.Combine(AppContext.BaseDirectory, "farm"), arguments);

    /// <summary>Starts the stand-alone worker against the farm that is up.</summary>
    public FarmProcess StartWorker(string name, params string[] more) => StartProgram(
        Path.Combine(AppContext.BaseDirectory, "BuildFarm.Worker"),
        [
            "--coordinator", Url, "--name", name, "--data", Path.Combine(_folder.Path, name), "--slots", "1", .. more,
        ]);

    /// <summary>Starts a service of its own, such as <c>BuildFarm.Cache</c>.</summary>
    public FarmProcess StartService(string program, params string[] arguments) =>
        StartProgram(Path.Combine(AppContext.BaseDirectory, program), arguments);

    /// <summary>A path that nothing else uses.</summary>
    public string PathOf(string name) => Path.Combine(_folder.Path, name);

    /// <summary>Runs a command to its end.</summary>
    public async Task<FarmResult> RunAsync(params string[] arguments)
    {
        await using var process = Start(arguments);
        return await process.EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _processes.Count - 1; i >= 0; i--)
        {
            await _processes[i].DisposeAsync();
        }

        WorkerCgroups.Remove(_folder.Path);
        _folder.Dispose();
    }

    private FarmProcess StartProgram(string program, string[] arguments)
    {
        var process = FarmProcess.Start(program, arguments, Project, _environment);
        _processes.Add(process);
        return process;
    }
}
