using System.Diagnostics;

namespace BuildFarm.TestKit;

/// <summary>One of the services' executables, run to its end.</summary>
public static class ServiceProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Runs an assembly that stands beside the tests, such as <c>BuildFarm.Cache.dll</c>, and returns what it said and how it
    /// exited.
    /// </summary>
    public static async Task<(int ExitCode, string Out, string Error)> RunAsync(string assembly, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken).WaitAsync(Patience, cancellationToken);
        return (process.ExitCode, output, await error);
    }
}
