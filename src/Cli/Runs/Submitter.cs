using BuildFarm.Hosting.Local;

namespace BuildFarm.Cli.Runs;

/// <summary>Who asks, for people who look at the list of jobs.</summary>
public static class Submitter
{
    /// <summary><c>user@host</c>.</summary>
    public static string Name() => $"{HostUser.Name}@{Environment.MachineName}";
}
