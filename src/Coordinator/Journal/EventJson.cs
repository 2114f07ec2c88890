using System.Text.Json;
using System.Text.Json.Serialization;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Journal;

/// <summary>How events look in JSON.</summary>
internal static class EventJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // What an event computes about itself is no part of it.
        IgnoreReadOnlyProperties = true,
        Converters = { new PlatformConverter() },
    };

    /// <summary>A platform as an object of its properties.</summary>
    private sealed class PlatformConverter : JsonConverter<Platform>
    {
        public override Platform Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Platform.Of(JsonSerializer.Deserialize<Dictionary<string, string>>(ref reader, options) ?? []);

        public override void Write(Utf8JsonWriter writer, Platform value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach (var (name, property) in value.Properties)
            {
                writer.WriteString(name, property);
            }

            writer.WriteEndObject();
        }
    }
}
