namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>Something that happened.</summary>
/// <param name="Type">To what: container, image, …</param>
/// <param name="Action">What: create, start, oom, die, destroy, …</param>
/// <param name="Actor">To which one.</param>
internal sealed record EngineEvent(string Type, string Action, EventActor Actor);
