using Microsoft.Extensions.Logging.Console;

namespace BuildFarm.Hosting.Logging;

/// <summary>Options of the one-line console log.</summary>
public sealed class OneLineFormatterOptions : ConsoleFormatterOptions
{
    /// <summary>Also write stack traces of exceptions, on lines of their own.</summary>
    public bool Stacks { get; set; }
}
