namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>A limit of setrlimit(2): <c>nofile</c>, <c>core</c>.</summary>
internal sealed record ResourceLimit(string Name, long Soft, long Hard);
