using Xunit;

namespace BuildFarm.Worker.Tests.Support;

/// <summary>Tests that look at what this whole process has open, and so run alone in it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuresTheProcess
{
    /// <summary>Of the collection.</summary>
    public const string Name = "measures the process";
}
