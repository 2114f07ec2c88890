using System.Runtime.CompilerServices;
using BuildFarm.Worker.Rootless;

namespace BuildFarm.Worker.Tests.Rootless;

/// <summary>
/// This assembly run by a user enters that user's namespace before any test does, as the worker's executable does: so the suites of
/// <c>oci</c> run without root as they are.
/// </summary>
internal static class RootlessTestRun
{
    /// <summary>Set by who starts such a run.</summary>
    public const string Variable = "BUILDFARM_ROOTLESS_TESTS";

    [ModuleInitializer]
    public static void Enter()
    {
        if (Environment.GetEnvironmentVariable(Variable) == "1")
            RootlessEntry.EnterIfNeeded("oci");
    }
}
