using Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>What a Command must keep before anything runs it.</summary>
internal static class CommandRules
{
    /// <summary>What is wrong, in one line; null when nothing is.</summary>
    public static string? FindFault(Command command)
    {
        if (command.Arguments.Count == 0 || command.Arguments[0].Length == 0)
        {
            return "the command has no arguments; the first one names the program";
        }

        if (command.Arguments.Any(static argument => argument.Contains('\0', StringComparison.Ordinal)))
        {
            return "an argument holds a NUL character";
        }

        if (command.EnvironmentVariables.FirstOrDefault(static variable =>
            variable.Name.Length == 0 || variable.Name.AsSpan().ContainsAny('=', '\0') || variable.Value.Contains('\0', StringComparison.Ordinal)) is { } bad)
        {
            return $"'{Shown(bad.Name)}' is no name of an environment variable, or its value holds a NUL character";
        }

        if (Leaves("", command.WorkingDirectory))
        {
            return $"the working directory '{Shown(command.WorkingDirectory)}' lies outside the input root";
        }

#pragma warning disable CS0612 // Clients of REAPI 2.0 declare outputs by these.
        var outputs = command.OutputPaths.Count > 0 ? command.OutputPaths : command.OutputFiles.Concat(command.OutputDirectories);
#pragma warning restore CS0612
        return outputs.FirstOrDefault(path => Leaves(command.WorkingDirectory, path)) is { } outside
            ? $"the declared output '{Shown(outside)}' lies outside the input root"
            : null;
    }

    private static bool Leaves(string folder, string path)
    {
        if (path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal))
        {
            return true;
        }

        var depth = 0;
        foreach (var segment in folder.Split('/').Concat(path.Split('/')))
        {
            depth += segment switch
            {
                "" or "." => 0,
                ".." => -1,
                _ => 1,
            };
            if (depth < 0)
            {
                return true;
            }
        }

        return false;
    }

    private static string Shown(string text) => string.Concat(text.Take(80).Select(static c => char.IsControl(c) ? '?' : c));
}
