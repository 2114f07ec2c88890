namespace BuildFarm.Cli.JobFiles;

/// <summary>Reads a job file strictly: an unknown key or a wrong type is an error with its place.</summary>
public static class JobFileReader
{
    private static readonly string[] JobKeys = ["name", "tasks"];

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="FarmException">One line: file, line, column, what is wrong and what to do.</exception>
    public static JobFile Read(string path)
    {
        if (Directory.Exists(path))
        {
            throw FarmException.Usage($"{path} is a folder; name a job file, or put '--' before a command.");
        }

        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw FarmException.Usage($"The job file {path} does not exist; check the path, or put '--' before a command.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FarmException.Usage($"Cannot read the job file {path}: {error.Message}", error);
        }

        return Parse(path, text);
    }

    /// <summary>Checks a text as the content of the file at <paramref name="path"/>.</summary>
    public static JobFile Parse(string path, string text)
    {
        var root = YamlNode.Read(path, text);
        if (root is not YamlMap map)
        {
            throw JobFileErrors.At(path, root?.At ?? new Place(1, 1), "a job file is a map with 'tasks:'; see 'farm submit --help'.");
        }

        var fields = new JobFileFields(path);
        fields.RefuseUnknown(map, JobKeys, "a job");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        string? name = null;
        List<JobFileTask>? tasks = null;
        foreach (var (key, value) in map.Entries)
        {
            if (key.Text == "name")
            {
                name = fields.Text(key, value).Text;
                if (name.Length is 0 or > 200)
                {
                    throw JobFileErrors.At(path, value.At, "a job's name has 1 to 200 characters; shorten it.");
                }
            }
            else
            {
                tasks = ReadTasks(fields, value);
            }
        }

        if (tasks is null or [])
        {
            throw JobFileErrors.At(path, map.At, "the job has no tasks; add 'tasks:' with at least one.");
        }

        JobFileGraph.Check(path, tasks);
        return new JobFile(path, folder, name ?? Path.GetFileNameWithoutExtension(path), tasks);
    }

    private static List<JobFileTask> ReadTasks(JobFileFields fields, YamlNode node)
    {
        if (node is not YamlMap map)
        {
            throw JobFileErrors.At(fields.Path, node.At, $"'tasks' must be a map of names to tasks, found {node.Description}.");
        }

        return [.. map.Entries.Select(entry => JobFileTaskReader.Read(fields, entry.Key, entry.Value))];
    }
}
