using System.Diagnostics;
using System.Text.Json.Nodes;
using BuildFarm.V1;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Bench.EndToEnd;

/// <summary>
/// The floor of a task: the container runtime that the worker chose, with the specification that the worker wrote, in the
/// worker's mount namespace with bundles and state where the worker has them, started by xargs. It makes the cgroups of its
/// containers itself; those of the worker's tasks are the worker's. The farm must go on running, because the namespace is its own.
/// </summary>
internal sealed class BareRuntime
{
    private const string IdMark = "@ID@";

    private readonly RuntimeHost _farm;
    private readonly string _program;
    private readonly string _specification;
    private readonly string _owner;
    private readonly string _bundles;
    private int _made;

    private BareRuntime(RuntimeHost farm, string program, string specification, string owner, string bundles)
    {
        _bundles = bundles;
        _farm = farm;
        _program = program;
        _specification = specification;
        _owner = owner;
    }

    /// <summary>Name of the runtime: crun or runc.</summary>
    public string Name => Path.GetFileName(_program);

    /// <summary>Has the farm run a task, and takes its specification while it runs.</summary>
    public static async Task<BareRuntime> TakeFromAsync(FarmUnderTest farm)
    {
        var client = new JobClient(farm.Channel);
        var spec = new JobSpec { Name = "bench", Submitter = "bench" };
        spec.Tasks.Add(JobClient.Template("sleep", "specification", cached: false, "sleep", "600"));
        var job = await client.SubmitAsync(spec);
        var bare = await TakeFromAsync(new RuntimeHost(farm.ProcessId, farm.TasksFolder, farm.ScratchFolder));
        await client.CancelAsync(job);
        return bare;
    }

    /// <summary>Takes the specification of the one task that runs there.</summary>
    public static async Task<BareRuntime> TakeFromAsync(RuntimeHost farm)
    {
        var (bundle, program, process) = await RunningBundleAsync(farm);
        var id = Path.GetFileName(bundle);
        var specification = Generalise(await File.ReadAllTextAsync($"/proc/{process}/root{bundle}/config.json"), id);
        var owner = (await ChildProcess.OutputOfAsync("stat", "-c", "%u:%g", Path.Combine(farm.TasksFolder, id, "upper"))).Trim();
        var path = (await ChildProcess.OutputOfAsync("which", program)).Trim();
        var bare = new BareRuntime(farm, path, specification, owner, Path.GetDirectoryName(bundle)!);
        await bare.InNamespaceAsync("cp", "-a", $"{bare.Scratch}/{id}", bare.ScratchTemplate);
        return bare;
    }

    /// <summary>Private folders of tasks, which the worker makes for each, and so does this.</summary>
    private string Scratch => $"{Path.GetDirectoryName(_bundles)}/scratch";

    private string ScratchTemplate => $"{Scratch}/bench-template";

    /// <summary>Runs containers one after the other on each slot. Their bundles, which the worker makes as it goes, are made before.</summary>
    /// <exception cref="InvalidOperationException">One did not end with 0.</exception>
    public async Task<TimeSpan> RunAsync(int containers, int slots)
    {
        var ids = Enumerable.Range(0, containers).Select(_ => $"bench-{++_made}").ToArray();
        await MakeBundlesAsync(ids);
        var list = Path.Combine(_farm.ScratchFolder, "ids");
        await File.WriteAllLinesAsync(list, ids);
        var bundle = $"{_bundles}/{{}}";

        var start = Stopwatch.GetTimestamp();
        await ChildProcess.OutputOfAsync(
            "nsenter", $"--mount={NamespaceThread()}/ns/mnt", "--", "xargs", "-a", list, "-P", $"{slots}", "-I", "{}",
            _program, "--root", $"{Path.GetDirectoryName(_bundles)}/runtime", "--log", $"{bundle}/runtime.log", "run", "--bundle", bundle, "{}");
        var elapsed = Stopwatch.GetElapsedTime(start);

        foreach (var id in ids)
        {
            Directory.Delete(Path.Combine(_farm.TasksFolder, id), recursive: true);
            Directory.Delete($"{NamespaceThread()}/root{_bundles}/{id}", recursive: true);
            Directory.Delete($"{NamespaceThread()}/root{Scratch}/{id}", recursive: true);
        }

        return elapsed;
    }

    /// <summary>A bundle for each: a volatile overlay cannot be mounted twice over the same folders.</summary>
    private async Task MakeBundlesAsync(string[] ids)
    {
        foreach (var id in ids)
        {
            var folder = Directory.CreateDirectory(Path.Combine(_farm.TasksFolder, id)).FullName;
            Directory.CreateDirectory(Path.Combine(folder, "upper"));
            Directory.CreateDirectory(Path.Combine(folder, "work"));
            var bundle = Directory.CreateDirectory($"{NamespaceThread()}/root{_bundles}/{id}").FullName;
            await File.WriteAllTextAsync(Path.Combine(bundle, "config.json"), _specification.Replace(IdMark, id, StringComparison.Ordinal));
        }

        foreach (var part in ids.Chunk(500))
        {
            await InNamespaceAsync("sh", ["-c", "t=$1; shift; for to; do cp -a $t $to; done", "sh", ScratchTemplate, .. part.Select(id => $"{Scratch}/{id}")]);
            var folders = part.SelectMany(id => (string[])[Path.Combine(_farm.TasksFolder, id, "upper"), Path.Combine(_farm.TasksFolder, id, "work")]);
            await ChildProcess.OutputOfAsync("chown", [_owner, .. folders]);
        }
    }

    private Task<string> InNamespaceAsync(string program, params string[] arguments) =>
        ChildProcess.OutputOfAsync("nsenter", [$"--mount={NamespaceThread()}/ns/mnt", "--", program, .. arguments]);

    /// <summary>Namespaces belong to threads; one thread of the farm has a mount namespace of its own.</summary>
    private string NamespaceThread()
    {
        var host = Target($"/proc/{_farm.ProcessId}/ns/mnt");
        return Directory.EnumerateDirectories($"/proc/{_farm.ProcessId}/task").FirstOrDefault(thread => Target($"{thread}/ns/mnt") != host)
            ?? throw new InvalidOperationException("no thread of the farm has a mount namespace of its own");

        static string? Target(string file) => new FileInfo(file).LinkTarget;
    }

    /// <summary>The only bundle there is, the name of the program that runs it and its process, once it runs.</summary>
    private static async Task<(string Bundle, string Program, string Process)> RunningBundleAsync(RuntimeHost farm)
    {
        for (var attempt = 0; attempt < 500; attempt++)
        {
            if (Running(farm) is { } running)
            {
                return running;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        throw new InvalidOperationException("the farm does not start a container; does `farm submit -- true` work here?");
    }

    private static (string Bundle, string Program, string Process)? Running(RuntimeHost farm)
    {
        var children = Directory.EnumerateDirectories($"/proc/{farm.ProcessId}/task")
            .SelectMany(thread => File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries));
        foreach (var child in children)
        {
            // The file behind it says nothing: runtimes run from a sealed copy of themselves.
            var words = File.ReadAllText($"/proc/{child}/cmdline").Split('\0');
            var option = Array.IndexOf(words, "--bundle");
            if (option >= 0)
            {
                return (words[option + 1], words[0], child);
            }
        }

        return null;
    }

    /// <summary>The same with <c>true</c> as its command, and with a mark for the container's own names.</summary>
    private static string Generalise(string config, string id)
    {
        var specification = JsonNode.Parse(config)!;
        var arguments = specification["process"]!["args"]!.AsArray();
        arguments.RemoveAt(arguments.Count - 1);
        arguments[^1] = "true";
        var linux = specification["linux"]!;
        // The parent is the worker's and goes with it; what the runtime makes below, it removes.
        var own = Path.GetDirectoryName(linux["cgroupsPath"]!.GetValue<string>())!;
        linux["cgroupsPath"] = $"{Path.GetDirectoryName(own)}/{IdMark}";
        // The task sees its own cgroups; these go with it, so the bare container sees the worker's.
        foreach (var mount in specification["mounts"]!.AsArray().Where(mount => mount!["source"]!.GetValue<string>().StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal)))
        {
            mount!["source"] = Path.GetDirectoryName(mount["source"]!.GetValue<string>());
        }

        var marked = specification.ToJsonString().Replace($"/{id}/", $"/{IdMark}/", StringComparison.Ordinal);
        return marked.Contains("upperdir=/", StringComparison.Ordinal) && marked.Contains($"/{IdMark}/upper", StringComparison.Ordinal)
            ? marked
            : throw new InvalidOperationException($"the worker's specification has no layer of its own: {config}");
    }
}
