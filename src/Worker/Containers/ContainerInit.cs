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

    /// <summary>What stands before the task's arguments.</summary>
    public static IReadOnlyList<string> Prefix { get; } = ["/bin/sh", "-c", Script, "sh"];

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
