using System.Diagnostics;
using BuildFarm.TestKit;
using BuildFarm.TestSplitting.PythonDoctest;
using Xunit;

namespace BuildFarm.TestSplitting.Tests;

/// <summary>A folder of Python files, and Debian's own Python to run planned tasks in it as a worker would.</summary>
internal sealed class PythonProject : IDisposable
{
    public const string Interpreter = "/usr/bin/python3";

    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(5);

    public PythonProject(params (string Path, string Text)[] files)
    {
        Folder = Directory.CreateTempSubdirectory("farm-doctest-").FullName;
        foreach (var (path, text) in files)
            Write(path, System.Text.Encoding.UTF8.GetBytes(text));
    }

    public string Folder { get; }

    public string ReportFile => Path.Combine(Folder, DoctestDriver.ReportPath);

    /// <summary>Plans one file and runs its task to the end.</summary>
    public async Task<(int ExitCode, string Output, DoctestReport Report)> TestAsync(string path, PythonDoctestOptions? options = null)
    {
        await Requirements.AptAsync("python3", Interpreter + " --version");
        using var process = Start(path, options);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var guard = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        guard.CancelAfter(Guard);
        await process.WaitForExitAsync(guard.Token);
        var text = await output + await errors;
        Assert.True(File.Exists(ReportFile), text);
        return (process.ExitCode, text, DoctestReportParser.Parse(await File.ReadAllBytesAsync(ReportFile, TestContext.Current.CancellationToken)));
    }

    /// <summary>Plans one file, lays its inputs out and starts its task.</summary>
    public Process Start(string path, PythonDoctestOptions? options = null)
    {
        options = (options ?? new PythonDoctestOptions()) with { Python = Interpreter };
        var task = Assert.Single(new PythonDoctestSplitter(options).Plan([path], RecordedTimes.None));
        foreach (var input in task.Inputs)
        {
            if (input.SourcePath is null)
                Write(input.Path, input.Content);
        }

        return Run(task.Arguments, task.Environment);
    }

    public Process Run(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(arguments[0], arguments.Skip(1))
        {
            UseShellExecute = false,
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["HOME"] = Folder;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
            start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{arguments[0]} does not start");
        process.StandardInput.Close();
        return process;
    }

    public void Write(string path, ReadOnlyMemory<byte> content)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, content.Span);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
