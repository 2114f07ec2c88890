namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>To whom an event happened.</summary>
internal sealed record EventActor(string ID);
