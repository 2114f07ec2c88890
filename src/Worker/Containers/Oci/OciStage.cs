using BuildFarm.Worker.Native;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>
/// Where containers find things in the worker's mount namespace. Runtimes mount as the root of the container's user
/// namespace, who cannot pass through the private data directory, so what they need is shown at short open paths.
/// </summary>
internal sealed class OciStage : IDisposable
{
    // Folders that every distribution has and that no program needs; the first that does not hide the data is used.
    private static readonly string[] Places = ["/mnt", "/media", "/srv"];

    private readonly string place;
    private readonly OciRuntimeOptions options;

    // Open folders lead other threads to what only the mount namespace's own thread can see.
    private readonly DirectoryHandle _bundles;
    private readonly DirectoryHandle _runtimeState;
    private readonly DirectoryHandle _scratch;

    private OciStage(string place, OciRuntimeOptions options)
    {
        this.place = place;
        this.options = options;
        // Small files that live as long as a task are in memory, from where a killed worker's go by themselves.
        Mounts.Tmpfs(place, "mode=755,size=64m");
        foreach (var folder in (ReadOnlySpan<string>)[Root, Inputs, Tasks, Homes, Scratch])
        {
            Directory.CreateDirectory(folder);
        }

        foreach (var folder in (ReadOnlySpan<string>)[RuntimeState, Bundles])
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _bundles = DirectoryHandle.Open(Bundles);
        _scratch = DirectoryHandle.Open(Scratch);
        _runtimeState = DirectoryHandle.Open(RuntimeState);
    }

    /// <summary>The root of containers.</summary>
    public string Root => $"{place}/root";

    private string Inputs => $"{place}/inputs";

    /// <summary>What the runtime keeps of running containers.</summary>
    public string RuntimeState => $"{place}/runtime";

    private string Tasks => $"{place}/tasks";

    private string Homes => $"{place}/homes";

    private string Scratch => $"{place}/scratch";

    private string Bundles => $"{place}/bundles";

    /// <summary>Mounts everything in the calling thread's mount namespace.</summary>
    /// <param name="options">Where things are on the host.</param>
    /// <param name="translation">Shows inputs as the tasks' user's; null where they are.</param>
    public static OciStage Mount(OciRuntimeOptions options, SafeFileHandle? translation)
    {
        var stage = new OciStage(FindPlace(options), options);
        var files = Directory.CreateDirectory(Path.Combine(options.StateDirectory, "etc")).FullName;
        if (translation is null)
            Mounts.Bind(options.InputsDirectory, stage.Inputs);
        else
            Mounts.BindWithOwners(options.InputsDirectory, stage.Inputs, translation);
        Mounts.Bind(options.TasksDirectory, stage.Tasks);
        Mounts.Bind(options.HomesDirectory, stage.Homes);
        options.Root.Mount(stage.Root, files);
        return stage;
    }

    /// <summary>Writes a container's bundle; any thread may.</summary>
    public OciBundleFolder WriteBundle(string id, ReadOnlySpan<byte> config)
    {
        _bundles.Create(id, mode: 0x1C0).Dispose();
        var folder = new OciBundleFolder($"{Bundles}/{id}", $"{_bundles.ProcessPath}/{id}", $"{_runtimeState.ProcessPath}/{id}");
        folder.WriteConfig(config);
        return folder;
    }

    /// <summary>Where a task's private folders are, once they are mounted.</summary>
    public OciScratch ScratchOf(string id) => new($"{Scratch}/{id}", $"{_scratch.ProcessPath}/{id}");

    public void Dispose()
    {
        _bundles.Dispose();
        _scratch.Dispose();
        _runtimeState.Dispose();
    }

    /// <summary>The same workspace by the paths of the stage.</summary>
    public WorkspaceMount Translate(WorkspaceMount workspace) =>
        workspace switch
        {
            OverlayMount overlay => new OverlayMount(
                Move(overlay.Lower, options.InputsDirectory, Inputs),
                Move(overlay.Upper, options.TasksDirectory, Tasks),
                Move(overlay.Work, options.TasksDirectory, Tasks)),
            FolderMount folder when folder.Path.StartsWith(options.HomesDirectory + "/", StringComparison.Ordinal) =>
                new FolderMount(Move(folder.Path, options.HomesDirectory, Homes)),
            FolderMount folder => new FolderMount(Move(folder.Path, options.TasksDirectory, Tasks)),
            _ => throw new NotSupportedException($"a workspace of kind {workspace.GetType().Name}"),
        };

    private static string Move(string path, string from, string to) =>
        path.StartsWith(from + "/", StringComparison.Ordinal)
            ? string.Concat(to, path.AsSpan(from.Length))
            : throw new ArgumentException($"{path} is not below {from}", nameof(path));

    private static string FindPlace(OciRuntimeOptions options)
    {
        foreach (var candidate in Places)
        {
            var hidesData = new[] { options.StateDirectory, options.InputsDirectory, options.TasksDirectory }
                .Concat(options.Root.HostFolders)
                .Any(path => path.StartsWith(candidate + "/", StringComparison.Ordinal));
            if (Directory.Exists(candidate) && !hidesData)
                return candidate;
        }

        throw new RuntimeUnusableException($"none of {string.Join(", ", Places)} is a folder that does not hold the farm's data: make one, or move the data with --data");
    }
}
