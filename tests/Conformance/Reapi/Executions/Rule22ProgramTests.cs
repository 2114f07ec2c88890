using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule22ProgramTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Fact]
    public async Task Execute_BareName_IsLookedUpInThePath()
    {
        var command = new Command { Arguments = { "echo", FreshText() } };
        command.EnvironmentVariables.Add(new Command.Types.EnvironmentVariable { Name = "PATH", Value = "/usr/bin:/bin" });

        Assert.Equal(command.Arguments[1] + "\n", await StandardOutputAsync(ResultOf(await ExecuteAsync(command))));
    }

    [Theory]
    [InlineData("./tool", "")]
    [InlineData("tools/tool", "")]
    [InlineData("../tool", "tools")]
    public async Task Execute_RelativeName_IsRelativeToTheWorkingDirectory(string program, string workingDirectory)
    {
        var script = await StoreAsync(System.Text.Encoding.UTF8.GetBytes($"#!/bin/sh\necho ran {FreshText()}\n"));
        var tool = new FileNode { Name = "tool", Digest = script, IsExecutable = true };
        var inputs = new Directory
        {
            Files = { tool },
            Directories = { new DirectoryNode { Name = "tools", Digest = await StoreAsync(new Directory { Files = { tool } }) } },
        };

        var result = ResultOf(await ExecuteAsync(new Command { Arguments = { program }, WorkingDirectory = workingDirectory }, inputs));

        Assert.StartsWith("ran ", await StandardOutputAsync(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_NoArguments_IsInvalid() => await NotBegunAsync(await StoreActionAsync(new Command()), StatusCode.InvalidArgument);
}
