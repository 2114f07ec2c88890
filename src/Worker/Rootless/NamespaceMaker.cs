using System.Diagnostics;
using System.Globalization;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Rootless;

/// <summary>Makes a user namespace in which a user is root and has the ids that were handed out to it.</summary>
internal static class NamespaceMaker
{
    /// <returns>A descriptor of the namespace, which programs that take this process's place inherit.</returns>
    /// <exception cref="IOException">The machine refuses; the message is one line.</exception>
    public static int Make(RootlessTools tools, RootlessUser user, SubordinateIds users, SubordinateIds groups)
    {
        // A namespace needs a process to be born with; this one waits for its input to end and is then gone.
        using var born = Start(tools.Unshare, "--user", "--", "/bin/sh", "-c", "echo; read -r line");
        try
        {
            if (born.StandardOutput.ReadLine() is null)
                throw new IOException($"user namespaces do not work for users here: {Said(born)}");
            Map(tools.MapUsers, born.Id, user.Id, users);
            Map(tools.MapGroups, born.Id, user.Group, groups);
            var descriptor = Libc.OpenAt(Libc.AtCurrentDirectory, $"/proc/{born.Id}/ns/user", Libc.OpenReadOnly, 0);
            return descriptor >= 0 ? descriptor : throw LinuxError.Last("open a user namespace");
        }
        finally
        {
            born.StandardInput.Close();
            born.WaitForExit();
        }
    }

    private static void Map(string program, int process, uint own, SubordinateIds ids)
    {
        string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
        using var mapping = Start(program, Text(process), "0", Text(own), "1", "1", Text(ids.First), Text(HostIds.Wanted));
        mapping.WaitForExit();
        if (mapping.ExitCode != 0)
            throw new IOException($"{program} refuses ({Said(mapping)}): it must be set-uid root or have the capability, and nothing above the worker may set no_new_privs");
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static string Said(Process process)
    {
        var text = process.StandardError.ReadToEnd().Trim().ReplaceLineEndings("; ");
        return text.Length > 0 ? text : "it does not say why";
    }
}
