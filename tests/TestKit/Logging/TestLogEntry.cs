using Microsoft.Extensions.Logging;

namespace BuildFarm.TestKit.Logging;

/// <summary>One log message.</summary>
public sealed record TestLogEntry(LogLevel Level, string Category, EventId Event, string Message, Exception? Exception)
{
    /// <inheritdoc />
    public override string ToString() => Exception is null ? $"{Level} {Category}: {Message}" : $"{Level} {Category}: {Message}\n{Exception}";
}
