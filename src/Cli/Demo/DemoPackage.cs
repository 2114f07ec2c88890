namespace BuildFarm.Cli.Demo;

/// <summary>A Debian package that the demo needs.</summary>
/// <param name="Name">To <c>apt-get install</c>.</param>
/// <param name="Probe">A file that is there when the package is.</param>
/// <param name="Purpose">What the demo does with it.</param>
public sealed record DemoPackage(string Name, string Probe, string Purpose)
{
    /// <summary>What the job's own tasks need; the container runtime is the worker's to ask for.</summary>
    public static IReadOnlyList<DemoPackage> OfTheJob { get; } =
    [
        new("googletest", "/usr/src/googletest/googletest/src/gtest.cc", "the sources that are built"),
        new("g++", "/usr/bin/g++", "compiles and links them"),
        new("binutils", "/usr/bin/ar", "makes libraries of the objects"),
        new("python3", "/usr/bin/python3", "runs its standard library's doctests"),
    ];

    /// <summary>Whether it is on this machine.</summary>
    public bool IsInstalled => File.Exists(Probe);

    /// <summary>Those of <see cref="OfTheJob"/> that this machine lacks.</summary>
    public static IReadOnlyList<DemoPackage> Missing() => [.. OfTheJob.Where(package => !package.IsInstalled)];
}
