namespace BuildFarm.Hosting.Configuration;

/// <summary>Options that can say everything that is wrong with them.</summary>
public interface ICheckedOptions
{
    /// <summary>One line for each problem, beginning with the name of the option; none when the options can be used.</summary>
    IEnumerable<string> FindProblems();
}
