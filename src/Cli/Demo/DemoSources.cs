namespace BuildFarm.Cli.Demo;

/// <summary>Where the demo finds what it builds and tests.</summary>
/// <param name="GoogleTest">The folder with <c>googletest</c> and <c>googlemock</c>.</param>
/// <param name="Python">The interpreter, as tasks name it.</param>
public sealed record DemoSources(string GoogleTest, string Python)
{
    /// <summary>Where Debian's packages <c>googletest</c> and <c>python3</c> put them.</summary>
    public static DemoSources Debian { get; } = new("/usr/src/googletest", "/usr/bin/python3");
}
