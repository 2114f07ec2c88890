using BuildFarm.Cli.Inputs;

namespace BuildFarm.Cli.JobFiles;

/// <summary>Finds the files that the patterns of a job file name, each pattern once.</summary>
internal sealed class JobFileInputs(JobFile file, FolderInput folder, CancellationToken cancellationToken)
{
    private readonly Dictionary<string, IReadOnlyList<InputEntry>> _byPattern = new(StringComparer.Ordinal);

    /// <summary>The files that a <c>for-each</c> pattern names, in order; at least one.</summary>
    public IReadOnlyList<string> Files(Located pattern)
    {
        var files = Find(pattern.Text).Where(entry => entry.Facts.Kind == FileKind.File).Select(entry => entry.Path).ToArray();
        return files.Length > 0
            ? files
            : throw JobFileErrors.At(file.Path, pattern.At, $"the pattern '{pattern.Text}' names no file below {file.Folder}; correct it, or remove the task.");
    }

    /// <summary>What a task takes: everything, or what its patterns name and its own file.</summary>
    public IReadOnlyCollection<InputEntry> Of(JobFileTask task, Placeholders? placeholders, string? ownFile)
    {
        if (task.Inputs is null)
        {
            return folder.Entries;
        }

        var chosen = new Dictionary<string, InputEntry>(StringComparer.Ordinal);
        foreach (var pattern in task.Inputs)
        {
            var filled = placeholders is null ? pattern : pattern with { Text = placeholders.Fill(pattern.Text) };
            Add(Select(filled));
        }

        if (ownFile is not null)
        {
            Add(Select(new Located(ownFile, task.ForEach!.At)));
        }

        return chosen.Values;

        void Add(IEnumerable<InputEntry> entries)
        {
            foreach (var entry in entries)
            {
                chosen[entry.Path] = entry;
            }
        }
    }

    private IReadOnlyList<InputEntry> Select(Located pattern)
    {
        var entries = Find(pattern.Text);
        return entries.Count > 0
            ? entries
            : throw JobFileErrors.At(file.Path, pattern.At, $"the input '{pattern.Text}' names nothing below {file.Folder}; correct it, or get it from a task by 'needs'.");
    }

    private IReadOnlyList<InputEntry> Find(string pattern)
    {
        if (_byPattern.TryGetValue(pattern, out var known))
        {
            return known;
        }

        var entries = InputPatterns.Select(folder.Entries, pattern);
        if (entries.Count == 0 && Path.Exists(Path.Combine(file.Folder, pattern)))
        {
            // What is named outright travels even when an ignore file names it too.
            entries = InputScanner.ScanNamed(file.Folder, pattern, cancellationToken);
        }

        _byPattern[pattern] = entries;
        return entries;
    }
}
