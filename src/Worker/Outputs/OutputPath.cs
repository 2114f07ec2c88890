namespace BuildFarm.Worker.Outputs;

/// <summary>Declared paths in normal form: relative to the workspace, single slashes, no dots.</summary>
internal static class OutputPath
{
    /// <summary>The path from the workspace's root; empty for the root itself, null when it leaves the workspace or is absolute.</summary>
    /// <param name="workingDirectory">The command's; relative.</param>
    /// <param name="path">Relative to the working directory.</param>
    public static string? Resolve(string workingDirectory, string path)
    {
        if (path.StartsWith('/') || workingDirectory.StartsWith('/') || path.Contains('\0') || workingDirectory.Contains('\0'))
            return null;
        var segments = new List<string>();
        foreach (var segment in workingDirectory.Split('/').Concat(path.Split('/')))
        {
            if (segment.Length == 0 || segment == ".")
                continue;
            if (segment != "..")
                segments.Add(segment);
            else if (segments.Count == 0)
                return null;
            else
                segments.RemoveAt(segments.Count - 1);
        }

        return string.Join('/', segments);
    }

    /// <summary>The folder above; empty for the root.</summary>
    public static string Parent(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash < 0 ? "" : path[..slash];
    }
}
