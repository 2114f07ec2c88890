using System.Globalization;
using System.Text;

namespace BuildFarm.Worker.Native;

/// <summary>
/// Where the threads of a process and of all its descendants are, as the kernel tells it: their state, what they wait for, and, where
/// this process may read it, their stack in the kernel. A process that cannot be killed hangs there.
/// </summary>
internal static class ProcessStacks
{
    /// <summary>A few lines for each thread.</summary>
    public static string Describe(int process)
    {
        var children = ChildrenByParent();
        var text = new StringBuilder();
        var left = new Stack<int>([process]);
        while (left.TryPop(out var at))
        {
            DescribeThreads(text, at);
            foreach (var child in children.GetValueOrDefault(at, []))
                left.Push(child);
        }

        return text.ToString();
    }

    /// <summary>A few lines for each thread of some processes, without their descendants.</summary>
    public static string Describe(IReadOnlyList<int> processes)
    {
        var text = new StringBuilder();
        foreach (var process in processes)
            DescribeThreads(text, process);
        return text.ToString();
    }

    private static void DescribeThreads(StringBuilder text, int process)
    {
        var name = Read($"/proc/{process}/cmdline").Replace('\0', ' ').Trim();
        text.Append(CultureInfo.InvariantCulture, $"process {process}: {name}\n");
        foreach (var thread in Folders($"/proc/{process}/task"))
        {
            var folder = $"/proc/{process}/task/{thread}";
            var state = Read($"{folder}/status").Split('\n').FirstOrDefault(static line => line.StartsWith("State:", StringComparison.Ordinal)) ?? "State: gone";
            text.Append(CultureInfo.InvariantCulture, $"  thread {thread} {Read($"{folder}/comm").Trim()}: {state["State:".Length..].Trim()}, waits in {Read($"{folder}/wchan")}\n");
            foreach (var line in Read($"{folder}/stack").Split('\n', StringSplitOptions.RemoveEmptyEntries))
                text.Append("    ").Append(line).Append('\n');
        }
    }

    private static Dictionary<int, List<int>> ChildrenByParent()
    {
        var children = new Dictionary<int, List<int>>();
        foreach (var process in Folders("/proc"))
        {
            var stat = Read($"/proc/{process}/stat");
            // The name stands in parentheses and may hold anything; the parent is the second word after it.
            var rest = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (rest.Length > 1 && int.TryParse(rest[1], CultureInfo.InvariantCulture, out var parent))
            {
                if (!children.TryGetValue(parent, out var list))
                    children.Add(parent, list = []);
                list.Add(process);
            }
        }

        return children;
    }

    private static List<int> Folders(string path)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(path)
                .Select(static folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var number) ? number : 0)
                .Where(static number => number > 0)];
        }
        catch (IOException)
        {
            return [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or only root may see it.
            return "";
        }
    }
}
