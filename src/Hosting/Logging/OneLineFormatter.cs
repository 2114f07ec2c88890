using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace BuildFarm.Hosting.Logging;

/// <summary>
/// One line a record: time of day, level, the last part of the category, message, and the chain of exception messages.
/// Stack traces follow only when <see cref="OneLineFormatterOptions.Stacks"/> asks for them.
/// </summary>
internal sealed class OneLineFormatter(IOptionsMonitor<OneLineFormatterOptions> options, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "one-line";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new StringBuilder(160);
        line.Append(time.GetUtcNow().ToString("HH:mm:ss.fff", null)).Append(' ')
            .Append(LevelName(logEntry.LogLevel)).Append(' ')
            .Append(ShortCategory(logEntry.Category)).Append(": ");
        AppendFlat(line, logEntry.Formatter(logEntry.State, null));
        for (var exception = logEntry.Exception; exception is not null; exception = exception.InnerException)
        {
            line.Append(exception == logEntry.Exception ? ": " : " <- ").Append(exception.GetType().Name).Append(": ");
            AppendFlat(line, exception.Message);
        }

        textWriter.WriteLine(line);
        if (options.CurrentValue.Stacks && logEntry.Exception is { } withStack)
        {
            textWriter.WriteLine(withStack);
        }
    }

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        LogLevel.Critical => "crit",
        _ => "none",
    };

    private static ReadOnlySpan<char> ShortCategory(string category) => category.AsSpan(category.LastIndexOf('.') + 1);

    /// <summary>Control characters, line ends among them, become spaces: a record cannot forge another one.</summary>
    private static void AppendFlat(StringBuilder line, string text)
    {
        foreach (var c in text)
        {
            line.Append(char.IsControl(c) ? ' ' : c);
        }
    }
}
