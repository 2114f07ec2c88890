using System.Text;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>Runs <c>true</c> in a container like every task's, so that what would fail later fails now.</summary>
internal sealed class OciProbe(OciRuntime runtime, string stateDirectory)
{
    private const long Memory = 256L << 20;

    /// <exception cref="ContainerStartException">It did not exit with 0.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var folder = Path.Combine(stateDirectory, "probe");
        TreeRemover.Remove(folder);
        var work = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;
        try
        {
            var spec = new ContainerSpec(
                "probe",
                folder,
                ["true"],
                [new("PATH", ContainerPaths.SearchPath)],
                new FolderMount(work),
                WorkingDirectory: "",
                new ContainerLimits(Memory, CpuMillis: 1000, HardCpu: false, ScratchBytes: Memory),
                Network: false);
            await using var container = await runtime.StartAsync(spec, cancellationToken);
            var evidence = await container.WaitAsync(cancellationToken);
            if (evidence.ExitCode != 0)
                throw new ContainerStartException($"a container that runs `true` ended with exit code {evidence.ExitCode}: {ReadAll(container)}");
        }
        finally
        {
            TreeRemover.Remove(folder);
        }
    }

    private static string ReadAll(IRunningContainer container)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var read = container.StandardError.TryRead(buffer);
        return read > 0 ? Encoding.UTF8.GetString(buffer[..read]).Trim().ReplaceLineEndings(" ") : "it said nothing";
    }
}
