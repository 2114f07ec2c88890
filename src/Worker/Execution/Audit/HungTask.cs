using System.Globalization;
using System.Text;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Execution.Audit;

/// <summary>What there is to know of a task that takes too long, while its processes are still there: for the end of its log.</summary>
internal static class HungTask
{
    private const int MostCharacters = 64 * 1024;

    /// <summary>Text of whole lines, none of which begins like a task's own.</summary>
    public static async Task<string> DescribeAsync(RunEnd end, IRunningContainer container, TimeProvider time)
    {
        var processes = container.Processes();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"\n--- buildfarm: {(end.Reason == EndReason.Stalled ? end.Detail : "the time is up")}; {processes.Count} process(es), and where each thread waits:\n");
        text.Append(ProcessStacks.Describe(processes));
        foreach (var stacks in await DebuggerStacks.TakeAsync(processes, time))
            text.Append(stacks);
        if (text.Length > MostCharacters)
            text.Remove(MostCharacters, text.Length - MostCharacters).Append("\n(cut here)");
        return text.Append("--- buildfarm: SIGTERM now, SIGKILL after the grace\n").ToString();
    }
}
