using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace BuildFarm.TestKit;

/// <summary>A user of this machine that lives as long as a test, without any rights but those that the test gives it.</summary>
public sealed class UnprivilegedUser : IDisposable
{
    private static readonly string[] Controllers = ["memory", "pids", "cpu", "cpuacct"];

    // A namespace needs a process to be born with, which ends when it has been entered.
    private const string OwnUserNamespace = """
        unshare --user -- sleep 60 >/dev/null 2>&1 & p=$!
        until [ "$(readlink /proc/$p/ns/user)" != "$(readlink /proc/$$/ns/user)" ]; do :; done
        echo 0 0 4000000 > /proc/$p/uid_map; echo 0 0 4000000 > /proc/$p/gid_map
        exec nsenter --user=/proc/$p/ns/user -- sh -c 'kill "$0"; exec unshare --mount -- sh -c "$@"' $p "$@"
        """;

    // Version 2 alone has one hierarchy for all.
    private static readonly bool IsUnified = File.Exists("/sys/fs/cgroup/cgroup.controllers");

    private bool _hasCgroups;
    private int _commands;

    private UnprivilegedUser(string name) => (Name, Home) = (name, $"/tmp/{name}");

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its home, which it may write to.</summary>
    public string Home { get; }

    /// <summary>The first of its subordinate ids.</summary>
    public uint FirstId => uint.Parse(
        File.ReadLines("/etc/subuid").Single(line => line.StartsWith($"{Name}:", StringComparison.Ordinal)).Split(':')[1], CultureInfo.InvariantCulture);

    /// <summary>Makes one; skips the test without root.</summary>
    /// <param name="hasIds">Whether it is given 65,536 subordinate ids of users and of groups.</param>
    /// <param name="hasCgroups">Whether it is given a cgroup in each hierarchy that limits need.</param>
    public static async Task<UnprivilegedUser> CreateAsync(bool hasIds = true, bool hasCgroups = true)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw Requirements.Missing("Making a user of the machine needs root.");
        }

        await Requirements.AptAsync("uidmap", "command -v newuidmap");
        await Requirements.AptAsync("crun", "crun --version");
        var user = new UnprivilegedUser($"farm{Guid.NewGuid():N}"[..16]);
        var count = hasIds ? 65536 : 0;
        Run("touch", "/etc/subuid", "/etc/subgid");
        Run("useradd", "--create-home", "--home-dir", user.Home, "-K", $"SUB_UID_COUNT={count}", "-K", $"SUB_GID_COUNT={count}", "-K", "UMASK=022", user.Name);
        if (hasCgroups)
        {
            user.Delegate();
        }

        return user;
    }

    /// <summary>The command by which this user runs a program, in its home, in its cgroups and with nothing of the environment.</summary>
    /// <param name="before">Shell lines that run before as root, in a mount namespace of the command's own.</param>
    /// <param name="environment"><c>NAME=value</c>.</param>
    /// <param name="inOwnUserNamespace">All in a user namespace that maps everybody to themselves, so that its settings can be changed.</param>
    /// <param name="command">Program and arguments.</param>
    public ProcessStartInfo Command(string before, IEnumerable<string> environment, bool inOwnUserNamespace, params IEnumerable<string> command)
    {
        var join = _hasCgroups ? string.Concat(CgroupsOfACommand().Select(static folder => $"echo $$ > {folder}/cgroup.procs\n")) : "";
        var script = $"set -e\n{join}{before}\ncd {Home}\nexec setpriv --reuid {Name} --regid {Name} --init-groups env -i \"$@\"";
        return new ProcessStartInfo(
            "sh",
            [
                "-c", inOwnUserNamespace ? OwnUserNamespace : "exec unshare --mount -- sh -c \"$@\"", "sh", script, "sh",
                $"PATH={Environment.GetEnvironmentVariable("PATH")}", $"HOME={Home}", $"DOTNET_ROOT={Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory())}",
                .. environment, .. command,
            ])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Run("pkill", ["-KILL", "-u", Name], mayFail: true);
        foreach (var cgroup in Controllers.Select(Cgroup).Distinct(StringComparer.Ordinal).Where(Directory.Exists))
        {
            foreach (var folder in Directory.EnumerateDirectories(cgroup, "*", SearchOption.AllDirectories).OrderByDescending(static folder => folder.Length).Append(cgroup))
            {
                Directory.Delete(folder);
            }
        }

        Run("userdel", ["--remove", Name], mayFail: true);
    }

    private void Delegate()
    {
        if (!IsUnified && !Directory.Exists("/sys/fs/cgroup/memory"))
        {
            throw Requirements.Missing("No cgroups are mounted at /sys/fs/cgroup that a user could be given.");
        }

        foreach (var folder in Controllers.Select(Cgroup).Distinct(StringComparer.Ordinal))
        {
            Directory.CreateDirectory(folder);
            Run("chown", "-R", Name, folder);
        }

        if (IsUnified)
        {
            File.WriteAllText("/sys/fs/cgroup/cgroup.subtree_control", "+memory +pids +cpu");
            File.WriteAllText($"{Cgroup("")}/cgroup.subtree_control", "+memory +pids +cpu");
        }

        _hasCgroups = true;
    }

    /// <summary>On version 2 one for each command, as a session gives it: what hands controllers down may hold no processes.</summary>
    private IEnumerable<string> CgroupsOfACommand()
    {
        if (!IsUnified)
        {
            return Controllers.Select(Cgroup);
        }

        var folder = $"{Cgroup("")}/command-{Interlocked.Increment(ref _commands)}";
        Directory.CreateDirectory(folder);
        Run("chown", "-R", Name, folder);
        return [folder];
    }

    private string Cgroup(string controller) => IsUnified ? $"/sys/fs/cgroup/{Name}" : $"/sys/fs/cgroup/{controller}/{Name}";

    private static void Run(string program, params string[] arguments) => Run(program, arguments, mayFail: false);

    private static void Run(string program, string[] arguments, bool mayFail)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0 && !mayFail)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with {process.ExitCode}: {error}");
        }
    }
}
