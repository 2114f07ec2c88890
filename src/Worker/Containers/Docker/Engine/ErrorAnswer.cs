using System.Text.Json.Serialization;

namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>The body of an answer that is an error.</summary>
internal sealed record ErrorAnswer([property: JsonPropertyName("message")] string? Message);
