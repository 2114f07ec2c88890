using System.Runtime.CompilerServices;
using BuildFarm.Scheduling.Invariants;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>An assertion whose message costs nothing while it holds.</summary>
internal static class Must
{
    public static void Hold(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] FaultText fault)
    {
        if (!holds)
        {
            Assert.Fail(fault.Take());
        }
    }
}
