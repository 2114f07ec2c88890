using Xunit;

namespace BuildFarm.Rpc.Tests.Support;

/// <summary>Tests that measure memory or time of the whole process run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuresTheProcess
{
    public const string Name = "Measures the process";
}
