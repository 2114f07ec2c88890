namespace BuildFarm.Cli.JobFiles;

/// <summary>Reads a job file strictly: an unknown key or a wrong type is an error with its place.</summary>
public static class JobFileReader
{
    private static readonly string[] JobKeys = ["name", "tasks", "priority", "deadline", "supersede"];

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
        var job = new JobFile(path, folder, Path.GetFileNameWithoutExtension(path), []);
        foreach (var (key, value) in map.Entries)
        {
            job = key.Text switch
            {
                "name" => job with { Name = ShortText(fields, key, value, 200) },
                "priority" => job with { Priority = fields.Number(key, value, -1000, 1000) },
                "deadline" => job with { Deadline = fields.Time(key, value) },
                "supersede" => job with { Supersede = ShortText(fields, key, value, 128) },
                _ => job with { Tasks = ReadTasks(fields, value) },
            };
        }

        if (job.Tasks.Count == 0)
        {
            throw JobFileErrors.At(path, map.At, "the job has no tasks; add 'tasks:' with at least one.");
        }

        JobFileGraph.Check(path, job.Tasks);
        return job;
    }

    private static string ShortText(JobFileFields fields, YamlScalar key, YamlNode value, int most)
    {
        var text = fields.Text(key, value).Text;
        return text.Length > 0 && text.Length <= most
            ? text
            : throw JobFileErrors.At(fields.Path, value.At, key.Text == "name" ? $"a job's name has 1 to {most} characters; shorten it." : $"'{key.Text}' has 1 to {most} characters; shorten it.");
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
