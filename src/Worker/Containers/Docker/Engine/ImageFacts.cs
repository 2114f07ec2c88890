namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>What the daemon knows of an image.</summary>
/// <param name="Id">Digest of its configuration, and so of all of it: <c>sha256:…</c>.</param>
/// <param name="Architecture">As Go names it: amd64, arm64.</param>
internal sealed record ImageFacts(string Id, string Architecture);
