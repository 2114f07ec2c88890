using System.Diagnostics;
using System.Globalization;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Worker.Tests.Rootless;

/// <summary>
/// The suites of <c>oci</c>, run by a user of the machine: this assembly once more, as a process of that user. What needs root of the
/// machine to be set up, or a runtime that cannot do without, has the trait <c>Needs=Root</c> and stays out.
/// </summary>
public sealed class RootlessConformanceTests
{
    [Theory]
    [InlineData(17, "Oci.OciExecutionTests")]
    [InlineData(9, "Oci.OciIsolationTests")]
    [InlineData(15, "Oci.OciEscapeTests")]
    public Task Suite_ByAUser_Holds(int cases, params string[] suites) => RunAsync(cases, suites);

    [Theory]
    [Trait("Tier", "Full")]
    [InlineData(38, "Oci.OciBombTests", "Oci.OciSecretTests", "Oci.OciOutputTests", "Oci.OciMachineViewTests", "Oci.OciNetworkTests", "Oci.OciLeavingsTests")]
    [InlineData(20, "Oci.OciHomeTests", "AuditTests", "PreludeTests", "StallTests")]
    [InlineData(20, "SeccompTests", "RuntimeInTaskCgroupTests", "CleanUpTests", "Roots.RootTests", "Roots.ImageCacheTests", "FullDiskTests")]
    public Task SlowSuite_ByAUser_Holds(int cases, params string[] suites) => RunAsync(cases, suites);

    private static async Task RunAsync(int cases, string[] suites)
    {
        using var user = await UnprivilegedUser.CreateAsync();
        var program = Path.Combine(AppContext.BaseDirectory, "BuildFarm.Worker.Tests");
        var chosen = suites.SelectMany(static suite => new[] { "-class", $"BuildFarm.Worker.Tests.{suite}" });
        var start = user.Command("", [$"{RootlessTestRun.Variable}=1"], false, [program, "-noColor", "-trait-", "Needs=Root", .. chosen]);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"exit status {process.ExitCode}\n{output}\n{await error}");
        Assert.Contains(", Errors: 0, Failed: 0, Skipped: 0, ", output, StringComparison.Ordinal);
        var total = output.Split("Total: ")[^1].Split(',')[0];
        Assert.InRange(int.Parse(total, CultureInfo.InvariantCulture), cases, int.MaxValue);
    }
}
