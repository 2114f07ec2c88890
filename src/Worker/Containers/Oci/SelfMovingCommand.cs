using BuildFarm.Worker.Containers.Cgroups;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>
/// A command that moves itself into a cgroup before it becomes the runtime. Version 2 moves whole processes alone, and one that has
/// begun may have children, which would stay behind.
/// </summary>
internal static class SelfMovingCommand
{
    /// <summary>What every machine has.</summary>
    public const string Shell = "/bin/sh";

    // What goes wrong is the runtime's to say, not the task's: it goes where the runtime's errors go.
    private const string Script = "exec 9>&2 2>>\"$1\"; echo 0 >\"$0\" || exit 125; exec 2>&9 9>&-; shift; exec \"$@\"";

    /// <param name="cgroup">Where it is to be.</param>
    /// <param name="log">What it says when it may not be there.</param>
    /// <param name="program">Absolute path of what it becomes.</param>
    /// <param name="arguments">Of that; the first, its name, is lost.</param>
    public static string[] Of(ICgroup cgroup, string log, string program, IReadOnlyList<string> arguments) =>
        ["sh", "-c", Script, cgroup.ProcessesFile, log, program, .. arguments.Skip(1)];
}
