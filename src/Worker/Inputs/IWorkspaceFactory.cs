using BuildFarm.Digests;

namespace BuildFarm.Worker.Inputs;

/// <summary>Lays inputs out for tasks.</summary>
internal interface IWorkspaceFactory
{
    /// <param name="id">Unique among the worker's tasks; a name of one segment.</param>
    /// <param name="inputRoot">Digest of the input root's Directory.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="Digests.Trees.InvalidTreeException">The tree breaks a rule or a limit.</exception>
    /// <exception cref="MissingInputsException">Blobs of it are not in the CAS.</exception>
    Task<IWorkspace> CreateAsync(string id, Digest inputRoot, CancellationToken cancellationToken);
}
