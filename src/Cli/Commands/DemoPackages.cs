using System.Diagnostics;
using BuildFarm.Cli.Demo;
using BuildFarm.Cli.Output;

namespace BuildFarm.Cli.Commands;

/// <summary>Sees to it that this machine has what the demo needs: as root it installs, otherwise it says what to install.</summary>
internal static class DemoPackages
{
    private static readonly DemoPackage[] Runtimes =
    [
        new("crun", "/usr/bin/crun", "runs tasks in containers"),
        new("runc", "/usr/sbin/runc", "runs tasks in containers where crun refuses"),
    ];

    public static async Task EnsureAsync(FarmTerminal terminal, CancellationToken cancellationToken)
    {
        var missing = Missing();
        if (missing.Count == 0)
        {
            return;
        }

        var names = string.Join(' ', missing.Select(package => package.Name));
        if (!Environment.IsPrivilegedProcess || !File.Exists("/usr/bin/apt-get"))
        {
            throw FarmException.Infrastructure($"The demo needs Debian packages that are missing: {names}. Install them as root with: apt-get install {names}");
        }

        await terminal.Error.WriteLineAsync($"Installing {names}");
        var output = await AptAsync($"install -y -q --no-install-recommends {names}", cancellationToken);
        if (Missing().Count > 0)
        {
            // A fresh machine has no package lists yet.
            await AptAsync("update -q", cancellationToken);
            output = await AptAsync($"install -y -q --no-install-recommends {names}", cancellationToken);
        }

        if (Missing() is { Count: > 0 } still)
        {
            await terminal.Error.WriteLineAsync(output);
            throw FarmException.Infrastructure(
                $"apt-get did not install {string.Join(' ', still.Select(package => package.Name))}; its messages are above. Install them by hand and run the demo again.");
        }
    }

    private static List<DemoPackage> Missing() => [.. Runtimes.Where(package => !package.IsInstalled), .. DemoPackage.Missing()];

    private static async Task<string> AptAsync(string arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("/usr/bin/apt-get", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using var apt = Process.Start(start) ?? throw FarmException.Infrastructure("apt-get does not start.");
        apt.StandardInput.Close();
        var texts = await Task.WhenAll(apt.StandardOutput.ReadToEndAsync(cancellationToken), apt.StandardError.ReadToEndAsync(cancellationToken));
        await apt.WaitForExitAsync(cancellationToken);
        return string.Concat(texts).TrimEnd();
    }
}
