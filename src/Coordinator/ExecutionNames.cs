using System.Globalization;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator;

/// <summary>
/// How executions are called outside. The scheduler numbers them from 1 in every journal, and log streams outlive journals:
/// the journal's own name in front keeps the executions of two apart, and those of one the same across restarts.
/// </summary>
public sealed class ExecutionNames
{
    private const int PrefixDigits = 8;
    private const int NumberDigits = 12;

    private string _prefix = new('0', PrefixDigits);

    /// <summary>A name for a new journal.</summary>
    public static string Choose(IIdSource ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return ids.NextHex(PrefixDigits);
    }

    /// <summary>Takes the journal's name as the prefix; comes before any execution is named.</summary>
    public void Use(string journalName) => _prefix = journalName;

    /// <summary>The name of an execution: lower-case hexadecimal digits.</summary>
    public string NameOf(ExecutionId execution) => _prefix + execution.Value.ToString("x12", CultureInfo.InvariantCulture);

    /// <summary>The execution of a name; null when the name is of another journal, or none at all.</summary>
    public ExecutionId? Find(string name) =>
        name.Length == PrefixDigits + NumberDigits
        && name.StartsWith(_prefix, StringComparison.Ordinal)
        && long.TryParse(name.AsSpan(PrefixDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
            ? new ExecutionId(number)
            : null;

    /// <summary>Resource name of an attempt's live standard output.</summary>
    public string StdoutOf(ExecutionId execution, long epoch) => StreamOf(execution, epoch, "stdout");

    /// <summary>Resource name of an attempt's live standard error.</summary>
    public string StderrOf(ExecutionId execution, long epoch) => StreamOf(execution, epoch, "stderr");

    private string StreamOf(ExecutionId execution, long epoch, string stream) =>
        string.Create(CultureInfo.InvariantCulture, $"logstreams/{NameOf(execution)}{epoch:x8}/{stream}");
}
