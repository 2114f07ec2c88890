using System.Diagnostics;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Support;

/// <summary>Debian's zstd: what it makes and takes is what the contract means by zstd.</summary>
internal static class ZstdProgram
{
    public static Task<byte[]> CompressAsync(byte[] content, params string[] options) => RunAsync(content, ["-c", .. options]);

    /// <exception cref="Xunit.Sdk.XunitException">These are no zstd frames.</exception>
    public static Task<byte[]> DecompressAsync(byte[] frames) => RunAsync(frames, ["-d", "-c"]);

    private static async Task<byte[]> RunAsync(byte[] input, string[] options)
    {
        await Requirements.AptAsync("zstd", "command -v zstd");
        var start = new ProcessStartInfo("zstd", options) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        await reading;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"zstd {string.Join(' ', options)}: {await error}");
        return output.ToArray();
    }
}
