using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace BuildFarm.Cli.Output;

/// <summary>Writes one JSON object a line. Every object begins with its schema and version: <c>buildfarm.run/1</c>.</summary>
public sealed class JsonLines(Stream to)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _line = new();

    /// <summary>One object; <paramref name="fields"/> writes what follows the schema.</summary>
    public void Write(string schema, Action<Utf8JsonWriter> fields)
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line, Options))
        {
            json.WriteStartObject();
            json.WriteString("schema", schema);
            fields(json);
            json.WriteEndObject();
        }

        _line.Write("\n"u8);
        to.Write(_line.WrittenSpan);
        to.Flush();
    }
}
