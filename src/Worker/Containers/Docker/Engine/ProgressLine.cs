using System.Text.Json.Serialization;

namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>One line of the answer to a long call on images: it says OK at once, and how it went here.</summary>
internal sealed record ProgressLine(
    [property: JsonPropertyName("status")] string? Status,
    [property: JsonPropertyName("stream")] string? Text,
    [property: JsonPropertyName("error")] string? Error);
