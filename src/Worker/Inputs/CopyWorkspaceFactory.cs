using BuildFarm.Digests;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Removal;

namespace BuildFarm.Worker.Inputs;

/// <summary>Workspaces of copies.</summary>
internal sealed class CopyWorkspaceFactory(InputTreeBuilder builder, string tasksDirectory, BackgroundRemover remover) : IWorkspaceFactory
{
    public async Task<IWorkspace> CreateAsync(string id, Digest inputRoot, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(tasksDirectory, id);
        try
        {
            await builder.BuildAsync(inputRoot, Directory.CreateDirectory(CopyWorkspace.WorkPath(folder)).FullName, cancellationToken);
            return new CopyWorkspace(folder, remover);
        }
        catch
        {
            TreeRemover.Remove(folder);
            throw;
        }
    }
}
