using System.Diagnostics;
using Xunit.v3;

namespace BuildFarm.TestKit;

/// <summary>
/// What a test needs from the machine. As root a missing package is installed, once, under a lock that all test processes share;
/// otherwise the test is skipped with the reason. A test never passes because something is missing.
/// </summary>
public static class Requirements
{
    private const string LockPath = "/tmp/buildfarm-apt.lock";

    /// <summary>Needs a command of a Debian package: runs <paramref name="probe"/>, and installs the package when that fails.</summary>
    /// <param name="package">The package: <c>python3-grpcio</c>.</param>
    /// <param name="probe">A shell command that succeeds when the package is there.</param>
    public static async Task AptAsync(string package, string probe)
    {
        if (await SucceedsAsync(probe))
        {
            return;
        }

        if (!Environment.IsPrivilegedProcess)
        {
            throw Missing($"needs the Debian package {package}: apt-get install {package}");
        }

        var install = $"flock {LockPath} sh -c '{probe} || DEBIAN_FRONTEND=noninteractive apt-get install -y -q {package} || (apt-get update -q && apt-get install -y -q {package})'";
        await SucceedsAsync(install);
        if (!await SucceedsAsync(probe))
        {
            throw Missing($"the Debian package {package} cannot be installed here; run: apt-get install {package}");
        }
    }

    /// <summary>
    /// Needs packages of npm: installs what <paramref name="packageJson"/> pins into a cache folder outside the repository, once a
    /// version of that file, and returns the folder, which has <c>node_modules</c>.
    /// </summary>
    public static async Task<string> NpmAsync(string packageJson)
    {
        await AptAsync("npm", "node --version && npm --version");
        var content = await File.ReadAllBytesAsync(packageJson);
        var name = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))[..16];
        var folder = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache", "buildfarm", "npm", name);
        var done = Path.Combine(folder, ".installed");
        if (!File.Exists(done))
        {
            Directory.CreateDirectory(folder);
            var install = $"flock {LockPath} sh -c 'test -e {done} || (cp {packageJson} {folder}/package.json && cd {folder} && npm install --no-audit --no-fund --silent && touch {done})'";
            if (!await SucceedsAsync(install))
            {
                throw Missing($"npm cannot install what {Path.GetFileName(packageJson)} pins; run: cd {folder} && npm install");
            }
        }

        return folder;
    }

    /// <summary>What xunit reports as skipped, as its Assert.Skip does.</summary>
    internal static InvalidOperationException Missing(string reason) => new(DynamicSkipToken.Value + reason);

    private static async Task<bool> SucceedsAsync(string command)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", command]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("/bin/sh does not start");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await output;
        await errors;
        return process.ExitCode == 0;
    }
}
