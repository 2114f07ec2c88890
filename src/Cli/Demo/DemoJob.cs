using BuildFarm.Cli.JobFiles;
using BuildFarm.Cli.Runs;
using BuildFarm.V1;

namespace BuildFarm.Cli.Demo;

/// <summary>
/// The job of <c>farm demo</c>: GoogleTest built from its sources with its samples run, and the doctests of Python's standard library. Both
/// are read where Debian's packages put them, and every task says all its inputs, so that a second run is served from the action cache.
/// </summary>
public static class DemoJob
{
    /// <summary>Of the job.</summary>
    public const string Name = "demo";

    /// <summary>Makes the job.</summary>
    /// <param name="sources">What is built and tested.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="FarmException">Something of the sources is missing; the line names the package that has it.</exception>
    public static async Task<CompiledJob> BuildAsync(DemoSources sources, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var files = new HostFiles();
        var build = await GoogleTestJob.BuildAsync(GoogleTestSources.Find(sources.GoogleTest), files, cancellationToken);
        var doctests = await StandardLibraryJob.BuildAsync(StandardLibrary.Find(sources.Python), files, cancellationToken);

        var spec = new JobSpec { Name = Name, Submitter = Submitter.Name() };
        spec.Tasks.AddRange(build.Select(task => task.Template));
        spec.Tasks.AddRange(doctests.Select(task => task.Template));
        return new CompiledJob(spec, [.. build.Concat(doctests).Select(task => task.Inputs).Distinct()]);
    }
}
