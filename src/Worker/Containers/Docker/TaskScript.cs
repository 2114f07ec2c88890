using System.Text;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>
/// What the waiting shell of a prepared container is told: one line by which it becomes process 1 of the task, with the task's
/// environment and no other, in its folder, with nothing to read.
/// </summary>
internal static class TaskScript
{
    public static byte[] Of(ContainerSpec spec)
    {
        var script = new StringBuilder(1024);
        script.Append("cd ");
        Quote(script, spec.WorkingDirectory.Length == 0 ? ContainerPaths.Workspace : $"{ContainerPaths.Workspace}/{spec.WorkingDirectory}");
        // Names of variables are not always names to a shell, so a program sets them.
        script.Append(" && exec env -i --");
        foreach (var (name, value) in spec.Environment)
            Quote(script.Append(' '), $"{name}={value}");
        foreach (var argument in ContainerInit.PrefixOf(spec.Prelude).Concat(spec.Arguments))
            Quote(script.Append(' '), argument);
        script.Append(" </dev/null; exit ").Append(ContainerInit.NotExecutable).Append('\n');
        return Encoding.UTF8.GetBytes(script.ToString());
    }

    /// <summary>Between single quotes a shell takes everything as it is, but for the single quote.</summary>
    private static void Quote(StringBuilder script, string text)
    {
        if (text.Contains('\0'))
            throw new ContainerStartException("a command line, environment or folder with a zero byte cannot be given to a program");
        script.Append('\'').Append(text.Replace("'", "'\\''", StringComparison.Ordinal)).Append('\'');
    }
}
