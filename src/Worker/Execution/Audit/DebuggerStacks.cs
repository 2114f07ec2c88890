using System.Diagnostics;
using System.Globalization;
using System.Text;
using BuildFarm.Worker.Containers;

namespace BuildFarm.Worker.Execution.Audit;

/// <summary>
/// Stacks of a task's processes by a debugger, when its root has one: py-spy for Python, else gdb. The debugger runs inside the
/// container, as the task's user: what it reads was written by the task, and debuggers run what programs tell them to.
/// </summary>
internal static class DebuggerStacks
{
    private const string Enter = "/usr/bin/nsenter";
    private const int MostProcesses = 4;
    private const string MostMemory = "--as=2147483648";

    // A debugger reads hundreds of megabytes of symbols, from a disk that others use.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly string[] Gdb = ["gdb", "-nx", "-nh", "-batch", "-ex", "set pagination off", "-ex", "thread apply all bt 40", "-p"];
    private static readonly string[] PySpy = ["py-spy", "dump", "--pid"];

    /// <summary>One text for each of the youngest processes; none where nothing can be had.</summary>
    public static async Task<IReadOnlyList<string>> TakeAsync(IReadOnlyList<int> processes, TimeProvider time)
    {
        var texts = new List<string>();
        // In a container of the host's user namespace a debugger would have the worker's rights.
        if (!File.Exists(Enter) || processes.Count == 0 || SharesUserNamespace(processes[0]))
            return texts;
        using var patience = new CancellationTokenSource(Patience, time);
        foreach (var process in processes.OrderDescending().Take(MostProcesses))
        {
            if (InnerNumber(process) is not { } inner || inner == 1 || patience.IsCancellationRequested)
                continue;
            var debuggers = Name(process).StartsWith("python", StringComparison.Ordinal) ? new[] { PySpy, Gdb } : [Gdb];
            foreach (var debugger in debuggers)
            {
                if (await RunAsync(process, [.. debugger, inner.ToString(CultureInfo.InvariantCulture)], patience.Token) is { Length: > 0 } stacks)
                {
                    texts.Add(string.Create(CultureInfo.InvariantCulture, $"{debugger[0]} on process {process} ({Name(process)}):\n{stacks}\n"));
                    break;
                }
            }
        }

        return texts;
    }

    private static async Task<string?> RunAsync(int target, string[] command, CancellationToken cancellationToken)
    {
        var user = ContainerPaths.UserId.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo("/usr/bin/prlimit")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in (string[])[MostMemory, Enter, "--target", target.ToString(CultureInfo.InvariantCulture), "--user", "--mount", "--pid", "--net", "--ipc", "--uts", "--setuid", user, "--setgid", user, "--", .. command])
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        start.Environment["PATH"] = ContainerPaths.SearchPath;
        start.Environment["HOME"] = "/";
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            try
            {
                await process.WaitForExitAsync(cancellationToken);
                await errors;
                return process.ExitCode == 0 ? KeepFrames(await output) : null;
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return null;
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Debuggers talk of much else.</summary>
    private static string KeepFrames(string output)
    {
        var text = new StringBuilder();
        foreach (var line in output.Split('\n').Where(static line => line.StartsWith('#') || line.StartsWith("Thread", StringComparison.Ordinal) || line.StartsWith("    ", StringComparison.Ordinal)))
            text.Append("    ").Append(line.TrimEnd()).Append('\n');
        return text.ToString();
    }

    private static bool SharesUserNamespace(int process)
    {
        try
        {
            return string.Equals(new FileInfo($"/proc/{process}/ns/user").LinkTarget, new FileInfo("/proc/self/ns/user").LinkTarget, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static string Name(int process) => Read($"/proc/{process}/comm").Trim();

    /// <summary>Its number in its container.</summary>
    private static int? InnerNumber(int process)
    {
        var line = Read($"/proc/{process}/status").Split('\n').FirstOrDefault(static line => line.StartsWith("NSpid:", StringComparison.Ordinal));
        return line is not null && int.TryParse(line.Split('\t')[^1], CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
