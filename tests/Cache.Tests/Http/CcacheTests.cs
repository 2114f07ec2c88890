using System.Diagnostics;
using System.Globalization;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Cache.Tests.Http;

/// <summary>Debian's ccache with the farm as its remote storage.</summary>
public sealed class CcacheTests
{
    [Fact]
    public async Task Compile_OnAnotherMachine_IsAHitWithEqualBytes()
    {
        await using var server = await CacheServer.StartAsync(options => options.AllowClientUpdates = true);
        using var bench = await CompilerBench.CreateAsync($"{server.Http.BaseAddress}kv/ccache");

        await bench.CompileAsync("first.o");
        Assert.Equal((0, 0), (await bench.CountAsync("remote_storage_hit"), await bench.CountAsync("remote_storage_error")));
        Assert.NotEqual(0, await bench.CountAsync("remote_storage_write"));
        await bench.ForgetAsync();
        await bench.CompileAsync("second.o");

        Assert.Equal((1, 0), (await bench.CountAsync("remote_storage_hit"), await bench.CountAsync("remote_storage_error")));
        Assert.Equal(bench.Read("first.o"), bench.Read("second.o"));
    }

    [Fact]
    public async Task Compile_WhereTheCacheTakesNothing_GoesOn()
    {
        await using var server = await CacheServer.StartAsync();
        using var bench = await CompilerBench.CreateAsync($"{server.Http.BaseAddress}kv/ccache");

        await bench.CompileAsync("first.o");

        Assert.NotEmpty(bench.Read("first.o"));
        Assert.Equal(0, await bench.CountAsync("remote_storage_hit"));
    }

    /// <summary>One source, and ccache with a local cache of its own.</summary>
    private sealed class CompilerBench : IDisposable
    {
        private readonly TempFolder _folder = new();
        private readonly string _storage;

        private CompilerBench(string storage)
        {
            _storage = storage;
            File.WriteAllText(_folder.File("a.c"), $"int answer(void) {{ return {Environment.ProcessId}; }}\n");
        }

        public static async Task<CompilerBench> CreateAsync(string storage)
        {
            await Requirements.AptAsync("ccache", "command -v ccache");
            await Requirements.AptAsync("gcc", "command -v gcc");
            return new CompilerBench(storage);
        }

        public byte[] Read(string name) => File.ReadAllBytes(_folder.File(name));

        public Task<string> CompileAsync(string output) => RunAsync("gcc", "-c", "a.c", "-o", output);

        /// <summary>As another machine would begin.</summary>
        public async Task ForgetAsync()
        {
            await RunAsync("--clear");
            await RunAsync("--zero-stats");
        }

        public async Task<int> CountAsync(string counter)
        {
            var counters = await RunAsync("--print-stats");
            var line = counters.Split('\n').Single(line => line.StartsWith(counter + "\t", StringComparison.Ordinal));
            return int.Parse(line[(counter.Length + 1)..], CultureInfo.InvariantCulture);
        }

        public void Dispose() => _folder.Dispose();

        // Its own limits, of a tenth of a second for the connection, are for machines that never stand still.
        private async Task<string> RunAsync(params string[] arguments)
        {
            var start = new ProcessStartInfo("ccache", arguments)
            {
                WorkingDirectory = _folder.Path,
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["CCACHE_DIR"] = _folder.File("ccache"), ["CCACHE_REMOTE_STORAGE"] = $"{_storage}|connect-timeout=60000|operation-timeout=60000", ["CCACHE_CONFIGPATH"] = _folder.File("ccache.conf") },
            };
            using var process = Process.Start(start)!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, $"ccache {string.Join(' ', arguments)}: {await output}{await error}");
            return await output;
        }
    }
}
