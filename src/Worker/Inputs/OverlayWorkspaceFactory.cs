using BuildFarm.Digests;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Removal;

namespace BuildFarm.Worker.Inputs;

/// <summary>Workspaces over shared trees.</summary>
internal sealed class OverlayWorkspaceFactory(InputTreeCache trees, string tasksDirectory, TaskOwner owner, BackgroundRemover remover) : IWorkspaceFactory
{
    public async Task<IWorkspace> CreateAsync(string id, Digest inputRoot, CancellationToken cancellationToken)
    {
        var tree = await trees.UseAsync(inputRoot, cancellationToken);
        try
        {
            return new OverlayWorkspace(Path.Combine(tasksDirectory, id), tree, owner, remover);
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }
}
