using System.Globalization;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator;

/// <summary>
/// How executions are called outside. The scheduler numbers them from 1, so a coordinator whose journal is volatile would
/// use a number again after a restart, and with it the log stream of another execution: the prefix keeps lives apart.
/// </summary>
public sealed class ExecutionNames(IIdSource ids)
{
    private const int PrefixDigits = 8;
    private const int NumberDigits = 12;

    private readonly string _prefix = ids.NextHex(PrefixDigits);

    /// <summary>The name of an execution: lower-case hexadecimal digits.</summary>
    public string NameOf(ExecutionId execution) => _prefix + execution.Value.ToString("x12", CultureInfo.InvariantCulture);

    /// <summary>The execution of a name; null when the name is of another life of the coordinator, or none at all.</summary>
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
