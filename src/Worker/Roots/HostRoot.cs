using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Roots;

/// <summary>
/// A root made from the host's: a small tmpfs that shows what programs need and nothing else, read-only. It is an allow
/// list, so homes, the farm's data, sockets in /run and anything unusual at the top of the host are never there.
/// </summary>
/// <param name="extraPaths">More absolute folders of the host to show, read-only.</param>
/// <param name="identity">Of its content.</param>
internal sealed class HostRoot(IReadOnlyList<string> extraPaths, string identity) : IContainerRoot
{
    private static readonly string[] Shown = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "opt"];

    // Databases of installed packages and fonts; the rest of /var/lib is services' data.
    private static readonly string[] ShownState =
        ["dpkg", "rpm", "apk", "pacman", "texmf", "ghc", "gems", "python", "python3", "sgml-base", "xml-core", "emacsen-common"];

    private static readonly string[] Made =
        ["proc", "sys", "dev", "run/secrets", "run/user/1000", "root", "home/farm", "tmp", "mnt", "media", "srv", "boot", "farm/work", "var/lib", "var/log", "var/cache", "var/spool"];

    public string Identity => identity;

    public string Description => RootReference.HostText;

    public IReadOnlyList<string> HostFolders => extraPaths;

    public void Mount(string path, string files)
    {
        Mounts.Tmpfs(path, "mode=755,size=1m");
        foreach (var name in Shown)
            Show($"/{name}", path);
        foreach (var name in Made)
            Directory.CreateDirectory($"{path}/{name}");
        foreach (var name in ShownState)
            Show($"/var/lib/{name}", path);
        foreach (var extra in extraPaths)
            Show(extra, path);
        File.CreateSymbolicLink($"{path}/var/tmp", ContainerPaths.Temporary);
        File.CreateSymbolicLink($"{path}/var/run", "/run");
        foreach (var (name, content) in UserTables.StandIns("/etc"))
            StandIn(path, files, name, content);
        MaskSockets(path, files);
        Mounts.RemountReadOnly(path);
    }

    /// <summary>The sockets of the host that are bound to a path, from <c>/proc/net/unix</c>.</summary>
    internal static IEnumerable<string> SocketPaths(string table)
    {
        foreach (var line in table.Split('\n').Skip(1))
        {
            var slash = line.IndexOf(" /", StringComparison.Ordinal);
            if (slash >= 0)
                yield return line[(slash + 1)..];
        }
    }

    private static void Show(string source, string root)
    {
        var target = root + source;
        if (new DirectoryInfo(source).LinkTarget is { } link)
        {
            File.CreateSymbolicLink(target, link);
        }
        else if (Directory.Exists(source))
        {
            Directory.CreateDirectory(target);
            Mounts.BindReadOnly(source, target);
        }
    }

    /// <summary>Puts a small file over one of the host's; a name that the host lacks cannot be made and is left out.</summary>
    private static void StandIn(string root, string files, string name, string content)
    {
        var target = $"{root}/etc/{name}";
        if (!File.Exists(target) || new FileInfo(target).LinkTarget is not null)
            return;
        var source = Path.Combine(files, name);
        File.WriteAllText(source, content);
        Mounts.BindReadOnly(source, target);
    }

    /// <summary>
    /// A read-only mount does not keep anybody from connecting to a socket in it, so sockets that are bound in what is
    /// shown are covered.
    /// </summary>
    private static void MaskSockets(string root, string files)
    {
        var empty = Path.Combine(files, "empty");
        File.WriteAllText(empty, "");
        foreach (var socket in SocketPaths(File.Exists("/proc/net/unix") ? File.ReadAllText("/proc/net/unix") : "").Distinct(StringComparer.Ordinal))
        {
            if (Path.Exists(root + socket))
                Mounts.BindReadOnly(empty, root + socket);
        }
    }
}
