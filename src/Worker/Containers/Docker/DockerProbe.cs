using System.Text;
using BuildFarm.Worker.Containers.Seccomp;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>Runs containers like every task's when the worker starts, so that what would fail later fails then.</summary>
internal sealed class DockerProbe(ContainerMaker maker, DockerRuntime runtime)
{
    private const long Memory = 256L << 20;
    private const string Separator = "--buildfarm--";

    private static readonly ContainerClass Class = new(new ContainerLimits(Memory, CpuMillis: 1000, HardCpu: false, ScratchBytes: Memory), Network: false, SeccompProfile.Default);

    /// <summary>Learns what the image and the daemon make of a task's user, and whether its confinement holds.</summary>
    /// <exception cref="RuntimeUnusableException">It does not.</exception>
    /// <exception cref="ContainerStartException">The container failed.</exception>
    public async Task<ImageIdentity> IdentifyAsync(CancellationToken cancellationToken)
    {
        var container = await maker.MakeAsync(Class).WaitAsync(cancellationToken);
        var audit = ContainerAudit.Of(container.Process.Id);
        // Builtins of the shell and cat: an image for builds has at least those.
        var script = Encoding.UTF8.GetBytes($"cat /etc/passwd; echo {Separator}; cat /etc/group; exit 0\n");
        var output = await RunAsync(await runtime.BeginAsync(container, script), cancellationToken);
        if (audit.Problems().ToList() is [_, ..] problems)
            throw new RuntimeUnusableException($"the Docker daemon starts containers that keep nothing apart: {string.Join(", ", problems)}. Mend its configuration, or use --isolation oci");
        var tables = output.Split(Separator, 2);
        return new ImageIdentity(audit.UserId, tables[0].Trim(), tables.Length > 1 ? tables[1].Trim() : "");
    }

    /// <summary>Runs a task that edits an input in place and makes a file.</summary>
    /// <exception cref="ContainerStartException">It failed.</exception>
    public async Task RunAsync(string inputsDirectory, string tasksDirectory, CancellationToken cancellationToken)
    {
        var inputs = Path.Combine(inputsDirectory, "probe");
        var folder = Path.Combine(tasksDirectory, "probe");
        TreeRemover.Remove(folder);
        TreeRemover.Remove(inputs);
        try
        {
            Directory.CreateDirectory(inputs);
            await File.WriteAllTextAsync(Path.Combine(inputs, "input"), "a", cancellationToken);
            Directory.CreateDirectory(folder);
            using (var parent = DirectoryHandle.Open(folder))
            {
                foreach (var layer in (ReadOnlySpan<string>)["upper", "work"])
                {
                    parent.Create(layer).Dispose();
                    parent.ChangeOwner(layer, runtime.Owner.UserId, runtime.Owner.UserId);
                }
            }

            var spec = new ContainerSpec(
                "probe",
                folder,
                ["sh", "-c", "echo b >> input && echo c > output && cat input"],
                [new("PATH", ContainerPaths.SearchPath)],
                new OverlayMount(inputs, Path.Combine(folder, "upper"), Path.Combine(folder, "work")),
                WorkingDirectory: "",
                Class.Limits,
                Class.Network);
            var container = await maker.MakeAsync(Class).WaitAsync(cancellationToken);
            var output = await RunAsync(await runtime.BeginAsync(container, spec), cancellationToken);
            if (output != "ab\n")
                throw new ContainerStartException($"a container that edits its input shows \"{output.Trim()}\" in the place of \"ab\"");
        }
        finally
        {
            TreeRemover.Remove(folder);
            TreeRemover.Remove(inputs);
        }
    }

    private static async Task<string> RunAsync(IRunningContainer container, CancellationToken cancellationToken)
    {
        await using (container)
        {
            var evidence = await container.WaitAsync(cancellationToken);
            var output = await container.StandardOutput.ReadToEndAsync(cancellationToken);
            if (evidence.ExitCode != 0)
                throw new ContainerStartException($"a container of the worker's own ended with exit code {evidence.ExitCode}: {(await container.StandardError.ReadToEndAsync(cancellationToken)).Trim()}");
            return output;
        }
    }
}
