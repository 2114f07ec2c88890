namespace BuildFarm.BlobStore.Nodes;

/// <summary>Where the addresses of the nodes come from.</summary>
/// <param name="Fixed">Those that are there from the start.</param>
/// <param name="Find">Looks for those of now; null when the list is fixed.</param>
internal sealed record NodeSource(IReadOnlyList<string> Fixed, Func<CancellationToken, Task<IReadOnlyList<string>>>? Find);
