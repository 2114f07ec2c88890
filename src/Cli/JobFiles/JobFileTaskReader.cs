namespace BuildFarm.Cli.JobFiles;

/// <summary>Reads one entry of <c>tasks:</c>.</summary>
internal static class JobFileTaskReader
{
    private static readonly string[] Keys =
    [
        "run", "needs", "inputs", "outputs", "for-each", "cpu", "memory", "timeout", "env", "image", "network", "cache", "kind", "exclusive",
        "resources", "retries", "priority", "deadline", "nested-userns", "home", "secrets",
    ];

    public static JobFileTask Read(JobFileFields fields, YamlScalar name, YamlNode node)
    {
        if (name.Text.Length is 0 or > 200 || name.Text.Any(char.IsControl))
        {
            throw JobFileErrors.At(fields.Path, name.At, "a task's name has 1 to 200 characters and no control character; rename it.");
        }

        if (node is not YamlMap map)
        {
            throw JobFileErrors.At(fields.Path, node.At, $"task '{name.Text}' must be a map with 'run:', found {node.Description}.");
        }

        fields.RefuseUnknown(map, Keys, "a task");
        var run = map.Entries.FirstOrDefault(entry => entry.Key.Text == "run");
        if (run.Key is null)
        {
            throw JobFileErrors.At(fields.Path, name.At, $"task '{name.Text}' has no 'run'; add the command to run.");
        }

        var task = new JobFileTask { Name = new Located(name.Text, name.At), Run = fields.Run(run.Value) };
        foreach (var (key, value) in map.Entries)
        {
            task = key.Text switch
            {
                "needs" => task with { Needs = fields.Texts(key, value) },
                "inputs" => task with { Inputs = fields.Patterns(key, value) },
                "outputs" => task with { Outputs = fields.OutputPaths(key, value) },
                "for-each" => task with { ForEach = fields.Pattern(key, value) },
                "cpu" => task with { CpuMillis = fields.Cpu(key, value) },
                "memory" => task with { MemoryBytes = fields.Memory(key, value) },
                "timeout" => task with { Timeout = fields.Time(key, value) },
                "env" => task with { Environment = fields.Environment(key, value) },
                "image" => task with { Image = fields.Text(key, value).Text },
                "exclusive" => task with { Exclusive = fields.Exclusive(key, value) },
                "secrets" => task with { Secrets = fields.Secrets(key, value) },
                "network" => task with { Network = fields.Flag(key, value) },
                "home" => Home(fields, task, key, value),
                "nested-userns" => task with { NestedUserNamespaces = fields.Flag(key, value) },
                "cache" => task with { Cache = fields.Flag(key, value) },
                "kind" => task with { IsTest = fields.OneOf(key, value, "build", "test") == "test" },
                "resources" => task with { Resources = fields.Amounts(key, value) },
                "retries" => task with { Retries = fields.Number(key, value, 0, 10) },
                "priority" => task with { Priority = fields.Number(key, value, -1000, 1000) },
                "deadline" => task with { Deadline = fields.Time(key, value) },
                _ => task,
            };
        }

        return task;
    }

    /// <summary><c>fresh</c>, or a map with <c>template</c>, or <c>kept</c> and perhaps <c>renew</c>.</summary>
    private static JobFileTask Home(JobFileFields fields, JobFileTask task, YamlScalar key, YamlNode value)
    {
        if (value is not YamlMap map)
        {
            fields.OneOf(key, value, "fresh");
            return task;
        }

        fields.RefuseUnknown(map, ["template", "kept", "renew"], "home");
        foreach (var (name, inner) in map.Entries)
        {
            task = name.Text switch
            {
                "template" => task with { HomeTemplate = fields.Text(name, inner) },
                "kept" => task with { HomeKept = fields.Text(name, inner).Text },
                _ => task with { HomeRenew = fields.Flag(name, inner) },
            };
        }

        return (task.HomeTemplate is null) == (task.HomeKept is null) || (task.HomeRenew && task.HomeKept is null)
            ? throw JobFileErrors.At(fields.Path, value.At, "'home' has 'template: FOLDER', or 'kept: NAME' and perhaps 'renew: true'.")
            : task;
    }
}
