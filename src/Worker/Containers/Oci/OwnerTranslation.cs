using System.Globalization;
using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Processes;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>
/// A user namespace that exists only to say "files of the worker belong to the task": inputs are shown through it, so that
/// a task may edit them (in its own layer) although their files belong to the store.
/// </summary>
internal static class OwnerTranslation
{
    private const string Unshare = "/usr/bin/unshare";
    private const int KillSignal = 9;

    /// <param name="taskUser">The host's number of the task's user.</param>
    /// <param name="poller">Waits for the helper.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RuntimeUnusableException">User namespaces are not available.</exception>
    public static async Task<SafeFileHandle> CreateAsync(uint taskUser, ReadinessPoller poller, CancellationToken cancellationToken)
    {
        // A namespace needs a process to be born with; this one waits for its input to end and is then gone.
        using var input = new PipePair(Pipe.Create());
        using var output = new PipePair(Pipe.Create());
        using var error = new PipePair(Pipe.Create());
        try
        {
            using var helper = ChildProcess.Start(
                Unshare,
                ["unshare", "--user", "--", "sh", "-c", "echo; read -r line"],
                ["PATH=/usr/bin:/bin"],
                new StandardStreams(input.Read, output.Write, error.Write),
                workingDirectory: null,
                poller);
            output.Write.Dispose();
            error.Write.Dispose();
            await poller.WaitReadableAsync(output.Read, cancellationToken);
            try
            {
                var map = string.Create(CultureInfo.InvariantCulture, $"0 {taskUser} 1");
                KernelFile.Write($"/proc/{helper.Id}/uid_map", map);
                KernelFile.Write($"/proc/{helper.Id}/gid_map", map);
                return Libc.Handle(
                    Libc.OpenAt(Libc.AtCurrentDirectory, $"/proc/{helper.Id}/ns/user", Libc.OpenReadOnly | Libc.OpenCloseOnExec, 0), "open a user namespace");
            }
            finally
            {
                helper.SignalGroup(KillSignal);
                await helper.WaitAsync(CancellationToken.None);
            }
        }
        catch (IOException e)
        {
            throw new RuntimeUnusableException($"user namespaces do not work here ({e.Message}): the worker needs root, {Unshare} (apt-get install util-linux) and a kernel that allows them");
        }
    }

    private sealed class PipePair((SafeFileHandle Read, SafeFileHandle Write) ends) : IDisposable
    {
        public SafeFileHandle Read => ends.Read;

        public SafeFileHandle Write => ends.Write;

        public void Dispose()
        {
            ends.Read.Dispose();
            ends.Write.Dispose();
        }
    }
}
