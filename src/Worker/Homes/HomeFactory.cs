using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Execution;
using BuildFarm.Worker.Inputs;

namespace BuildFarm.Worker.Homes;

/// <summary>Makes the homes that are on disk. A fresh one is the runtime's.</summary>
/// <param name="templates">Where templates are laid out, with the inputs; null where the runtime takes none.</param>
/// <param name="kept">The kept ones, likewise.</param>
/// <param name="owner">Whose the homes are.</param>
/// <param name="time">The clock.</param>
internal sealed class HomeFactory(InputTreeCache? templates, KeptHomes? kept, TaskOwner owner, TimeProvider time)
{
    /// <summary>Null for a fresh one.</summary>
    /// <exception cref="InvalidActionException">The runtime of this worker has fresh homes alone.</exception>
    /// <exception cref="MissingInputsException">Blobs of the template are not in the CAS.</exception>
    public async ValueTask<TaskHome?> CreateAsync(
        HomeRequest request, string instance, string stateDirectory, ContainerLimits limits, CancellationToken cancellationToken)
    {
        if (request.Template is null && request.Kept.Length == 0)
            return null;
        if (templates is null || kept is null)
            throw new InvalidActionException("this worker's runtime gives fresh homes alone; ask for homes=all");
        if (request.Template is not { } template)
            return kept.Take(instance, request.Kept, request.Renew);
        var tree = await templates.UseAsync(template, cancellationToken);
        try
        {
            return new TemplateHome(stateDirectory, tree, owner, limits, time);
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }
}
