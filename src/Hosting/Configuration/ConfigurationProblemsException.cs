namespace BuildFarm.Hosting.Configuration;

/// <summary>The configuration cannot be used. <see cref="Problems"/> holds everything that is wrong, one line each.</summary>
public sealed class ConfigurationProblemsException : Exception
{
    /// <summary>Makes the exception from one line a problem.</summary>
    public ConfigurationProblemsException(IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>One line each, in the order of the options.</summary>
    public IReadOnlyList<string> Problems { get; }
}
