using System.Text.Json.Serialization;

namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>The messages of the Engine API that are in use; names are the API's own, what is not set is not sent.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContainerSettings))]
[JsonSerializable(typeof(CreatedContainer))]
[JsonSerializable(typeof(ContainerFacts))]
[JsonSerializable(typeof(ContainerSummary[]))]
[JsonSerializable(typeof(ContainerExit))]
[JsonSerializable(typeof(ImageFacts))]
[JsonSerializable(typeof(EngineInfo))]
[JsonSerializable(typeof(EngineEvent))]
[JsonSerializable(typeof(ProgressLine))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(Dictionary<string, string[]>))]
internal sealed partial class EngineJson : JsonSerializerContext;
