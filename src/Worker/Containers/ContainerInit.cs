namespace BuildFarm.Worker.Containers;

/// <summary>
/// Process 1 of a container: the root's own shell with a few lines. A task's command is never process 1, because the kernel
/// ignores signals to that one which have no handler: <c>abort()</c> and <c>kill $$</c> would not end it as they do
/// elsewhere. It also reaps what daemons leave.
/// </summary>
internal static class ContainerInit
{
    /// <summary>Exit code of a command that is not there, as shells have it.</summary>
    public const int NotFound = 127;

    /// <summary>Exit code of a command that is there and cannot be run.</summary>
    public const int NotExecutable = 126;

    // The shell's own standard error is closed, so that it does not report "Killed"; the command gets the real one.
    // `exec` in a subshell runs programs alone, never the shell's builtins of the same name.
    private const string Script = """exec 3>&2 2>/dev/null; (exec 2>&3 3>&-; exec "$@"); exit $?""";

    // As above, with the prelude's version and text as the first arguments. Where it fails nothing else runs.
    private const string PreludeScript = """
        exec 3>&2 2>/dev/null
        (exec 2>&3 3>&-; prelude=$1; trap 'echo "buildfarm: prelude $prelude failed" >&2; exit 125' EXIT
        echo "buildfarm: prelude $prelude" >&2; lines=$2; shift 2; set -e; eval "$lines"; set +e; trap - EXIT; unset prelude lines; exec "$@"); exit $?
        """;

    private const int PreludeFailed = 125;

    /// <summary>What stands before the task's arguments.</summary>
    public static IReadOnlyList<string> Prefix { get; } = ["/bin/sh", "-c", Script, "sh"];

    /// <summary>What stands before the arguments of a task that a prelude goes before; null for none.</summary>
    public static IReadOnlyList<string> PrefixOf(Prelude? prelude) =>
        prelude is null ? Prefix : ["/bin/sh", "-c", PreludeScript, "sh", prelude.Version, prelude.Text];

    /// <summary>The prelude ended the task before it began, as far as the last line of its standard error tells.</summary>
    public static string? PreludeProblem(int exitCode, Prelude? prelude, ReadOnlySpan<char> standardErrorTail) =>
        prelude is not null && exitCode == PreludeFailed && standardErrorTail.TrimEnd().EndsWith($"buildfarm: prelude {prelude.Version} failed", StringComparison.Ordinal)
            ? $"the operator's prelude {prelude.Version} failed; its output is in the log"
            : null;

    /// <summary>What the last lines of a task's standard error say when the command itself could not be started; null otherwise.</summary>
    public static string? StartProblem(int exitCode, string command, ReadOnlySpan<char> standardErrorTail) =>
        exitCode switch
        {
            NotFound when Said(command, "not found", standardErrorTail) => $"command not found: {command}",
            NotFound or NotExecutable when Said(command, "ermission denied", standardErrorTail) => $"cannot run {command}: permission denied",
            _ => null,
        };

    private static bool Said(string command, string what, ReadOnlySpan<char> tail)
    {
        var text = tail.TrimEnd();
        var line = text[(text.LastIndexOf('\n') + 1)..];
        return line.StartsWith("sh: ", StringComparison.Ordinal) && line.Contains(command, StringComparison.Ordinal) && line.Contains(what, StringComparison.Ordinal);
    }
}
