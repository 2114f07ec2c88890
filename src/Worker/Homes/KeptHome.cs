using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Execution.Guards;

namespace BuildFarm.Worker.Homes;

/// <summary>A home that the next task of the same name gets too.</summary>
/// <param name="path">Where it is.</param>
/// <param name="guard">Watches its size.</param>
/// <param name="giveBack">Called at the end.</param>
internal sealed class KeptHome(string path, IRunGuard guard, Action giveBack) : TaskHome
{
    public override WorkspaceMount Mount => new FolderMount(path);

    public override IRunGuard Guard => guard;

    public override ValueTask DisposeAsync()
    {
        giveBack();
        return default;
    }
}
