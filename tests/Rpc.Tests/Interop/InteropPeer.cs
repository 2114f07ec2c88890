using System.Diagnostics;
using BuildFarm.TestKit;
using Google.Protobuf.Reflection;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Interop;

/// <summary>
/// A gRPC implementation that is not ours, run as a process of a script in <c>Interop/Peers</c>. A script prints <c>PASS</c>, or
/// <c>SKIP reason</c> for a case that its library cannot express; anything else is a failure.
/// </summary>
internal static class InteropPeer
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>The folder of the interop protos, in the test's output.</summary>
    public static string Protos => Path.Combine(AppContext.BaseDirectory, "Protos");

    /// <summary>The path of a script.</summary>
    public static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Interop", "Peers", name);

    /// <summary>Starts a Python script with Debian's grpcio. It finds the interop messages through the environment.</summary>
    public static async Task<ProcessStartInfo> PythonAsync(string script, params string[] arguments)
    {
        await Requirements.AptAsync("python3-grpcio python3-protobuf", "/usr/bin/python3 -c \"import grpc, google.protobuf\"");
        var start = new ProcessStartInfo("/usr/bin/python3", ["-u", Script(script), .. arguments]);
        start.Environment["INTEROP_DESCRIPTORS"] = DescriptorSetPath.Value;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        return start;
    }

    /// <summary>Starts a Node script with npm's @grpc/grpc-js at the version that <c>Peers/package.json</c> pins.</summary>
    public static async Task<ProcessStartInfo> NodeAsync(string script, params string[] arguments)
    {
        var folder = await Requirements.NpmAsync(Script("package.json"));
        var start = new ProcessStartInfo("node", [Script(script), .. arguments]);
        start.Environment["NODE_PATH"] = Path.Combine(folder, "node_modules");
        start.Environment["INTEROP_PROTOS"] = Protos;
        return start;
    }

    /// <summary>Runs a client script to its end.</summary>
    public static async Task RunClientAsync(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} does not start");
        using var guard = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(guard.Token);
            var errors = process.StandardError.ReadToEndAsync(guard.Token);
            await process.WaitForExitAsync(guard.Token);
            var said = (await output).Trim();
            if (said.StartsWith("SKIP ", StringComparison.Ordinal))
            {
                Assert.Skip(said["SKIP ".Length..]);
            }

            Assert.True(process.ExitCode == 0 && said.EndsWith("PASS", StringComparison.Ordinal), $"exit {process.ExitCode}\n{said}\n{await errors}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>The interop messages as a FileDescriptorSet, which every version of Python's protobuf can load.</summary>
    private static readonly Lazy<string> DescriptorSetPath = new(() =>
    {
        var set = new FileDescriptorSet();
        foreach (var file in new[] { EmptyReflection.Descriptor, MessagesReflection.Descriptor, TestReflection.Descriptor })
        {
            set.File.Add(file.ToProto());
        }

        var path = Path.Combine(AppContext.BaseDirectory, "interop.descriptors");
        var fresh = $"{path}.{Environment.ProcessId}";
        File.WriteAllBytes(fresh, Google.Protobuf.MessageExtensions.ToByteArray(set));
        File.Move(fresh, path, overwrite: true);
        return path;
    });
}
