using BuildFarm.Cli.Inputs;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;

namespace BuildFarm.Cli.JobFiles;

/// <summary>The homes that a job file's tasks ask for; each template is read once.</summary>
internal sealed class JobFileHomes(JobFile file, TimeProvider time)
{
    private readonly Dictionary<string, InputTree> _templates = new(StringComparer.Ordinal);

    /// <summary>Templates, which must be at the farm before the job.</summary>
    public IEnumerable<InputTree> Trees => _templates.Values;

    /// <summary>What a task asks for; null for a fresh home.</summary>
    /// <exception cref="FarmException">There is no such folder.</exception>
    public async Task<HomeSpec?> OfAsync(JobFileTask task, CancellationToken cancellationToken)
    {
        if (task.HomeKept is { } kept)
        {
            return new HomeSpec { Kept = kept, Renew = task.HomeRenew };
        }

        return task.HomeTemplate is { } template
            ? new HomeSpec { TemplateDigest = (await TemplateAsync(template, cancellationToken)).Tree.Root.ToProto() }
            : null;
    }

    private async Task<InputTree> TemplateAsync(Located template, CancellationToken cancellationToken)
    {
        if (_templates.TryGetValue(template.Text, out var tree))
        {
            return tree;
        }

        var path = Path.Combine(file.Folder, template.Text);
        if (!Directory.Exists(path))
        {
            throw JobFileErrors.At(file.Path, template.At, $"the home's template '{template.Text}' is no folder beside the job file.");
        }

        var folder = FolderInput.Open(path, time, cancellationToken);
        await folder.HashAsync(folder.Entries, cancellationToken);
        tree = folder.Tree(folder.Entries);
        _templates.Add(template.Text, tree);
        return tree;
    }
}
