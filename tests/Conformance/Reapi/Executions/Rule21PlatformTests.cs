using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule21PlatformTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Fact]
    public async Task Execute_CustomaryProperties_AreUnderstood() => Assert.Equal(
        0, ResultOf(await ExecuteAsync(Shell("true"), configure: action => action.Platform = PlatformOf(("OSFamily", "Linux"), ("cpu", "1"), ("memory", "256M")))).ExitCode);

    [Fact]
    public async Task Execute_PlatformOfTheCommandAlone_Counts()
    {
        var command = Shell("true");
#pragma warning disable CS0612 // Clients before REAPI 2.2 say it in the Command.
        command.Platform = PlatformOf(("conformance-unknown", "1"));
#pragma warning restore CS0612

        await NotBegunAsync(await StoreActionAsync(command), StatusCode.FailedPrecondition);
    }

    [Fact]
    public async Task Execute_PlatformOfActionAndCommand_IsTheActions()
    {
        var command = Shell("true");
#pragma warning disable CS0612
        command.Platform = PlatformOf(("conformance-unknown", "1"));
#pragma warning restore CS0612

        var response = await ExecuteAsync(command, configure: action => action.Platform = PlatformOf(("OSFamily", "Linux")));

        Assert.Equal(0, ResultOf(response).ExitCode);
    }

    [Fact]
    public async Task Execute_AmountThatIsNone_IsInvalid() => await NotBegunAsync(
        await StoreActionAsync(Shell("true"), configure: action => action.Platform = PlatformOf(("memory", "plenty"))), StatusCode.InvalidArgument);

    private static Platform PlatformOf(params (string Name, string Value)[] properties) =>
        new() { Properties = { properties.Select(property => new Platform.Types.Property { Name = property.Name, Value = property.Value }) } };
}
