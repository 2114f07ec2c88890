using System.Diagnostics;
using System.Globalization;

namespace BuildFarm.Bench.EndToEnd;

/// <summary>
/// What a person waits for: <c>farm submit -- true</c> on a warm farm, seen from outside, beside its parts measured alone:
/// starting a process, starting the command line, the farm's own share, and the container.
/// </summary>
internal static class SubmitBench
{
    private const int DefaultRuns = 20;
    private const int WarmUpRuns = 3;

    public static async Task<int> RunAsync(string[] options)
    {
        var runs = options is [var count, ..] ? int.Parse(count, CultureInfo.InvariantCulture) : DefaultRuns;
        await using var farm = await FarmUnderTest.StartAsync();
        var client = new JobClient(farm.Channel);
        await client.UploadInputAsync();
        var bare = await BareRuntime.TakeFromAsync(farm);
        var times = new SortedDictionary<Part, List<double>>();

        // Every part in turn, so that what else the machine does meets all of them alike.
        for (var run = -WarmUpRuns; run < runs; run++)
        {
            await MeasureAsync(Part.Nothing, () => TimeAsync(new ProcessStartInfo("/bin/true")));
            await MeasureAsync(Part.Version, () => TimeAsync(farm.Command("version")));
            await MeasureAsync(Part.Wrapper, () => TimeAsync(new ProcessStartInfo("./farm", ["version"])));
            await MeasureAsync(Part.SubmitCached, () => TimeAsync(farm.Command("submit", "--no-input", "--", "true")));
            await MeasureAsync(Part.SubmitUncached, () => TimeAsync(farm.Command("submit", "--no-input", "--no-cache", "--", "true")));
            await MeasureAsync(Part.CallCached, () => CallAsync(client, cached: true));
            await MeasureAsync(Part.CallUncached, () => CallAsync(client, cached: false));
            await MeasureAsync(Part.Container, async () => (await bare.RunAsync(1, 1)).TotalMilliseconds);

            async Task MeasureAsync(Part part, Func<Task<double>> measure)
            {
                var elapsed = await measure();
                if (run >= 0)
                {
                    (times.TryGetValue(part, out var list) ? list : times[part] = []).Add(elapsed);
                }
            }
        }

        Print(runs, bare.Name, times.ToDictionary(part => part.Key, part => Report.Median(part.Value)));
        return 0;
    }

    private static void Print(int runs, string runtime, Dictionary<Part, double> medians)
    {
        Report.Header($"`farm submit --no-input -- true` on a warm farm: median of {runs} runs, ms from outside", "what", "ms");
        Row("/bin/true", medians[Part.Nothing]);
        Row("`farm version`", medians[Part.Version]);
        Row("`./farm version`, which looks whether a source has changed", medians[Part.Wrapper]);
        Row($"{runtime} alone, one container, by nsenter and xargs", medians[Part.Container]);
        Row("a job over an open channel, from the action cache", medians[Part.CallCached]);
        Row("a job over an open channel, not cached", medians[Part.CallUncached]);
        Row("`farm submit`, from the action cache", medians[Part.SubmitCached]);
        Row("`farm submit --no-cache`", medians[Part.SubmitUncached]);

        Report.Header("Where its time goes, ms", "part", "from the cache", "not cached");
        var start = medians[Part.Version] - medians[Part.Nothing];
        Both("starting any process", medians[Part.Nothing], medians[Part.Nothing]);
        Both("starting the command line", start, start);
        Both("the rest of the command: reading the request, connecting, printing", medians[Part.SubmitCached] - medians[Part.Version] - medians[Part.CallCached], medians[Part.SubmitUncached] - medians[Part.Version] - medians[Part.CallUncached]);
        Both("the farm around the container", medians[Part.CallCached], medians[Part.CallUncached] - medians[Part.Container]);
        Both("the container", 0, medians[Part.Container]);
        Both("all", medians[Part.SubmitCached], medians[Part.SubmitUncached]);

        static void Row(string what, double milliseconds) => Report.Row(what, Report.Number(milliseconds, "0.0"));
        static void Both(string what, double cached, double uncached) => Report.Row(what, Report.Number(cached, "0.0"), Report.Number(uncached, "0.0"));
    }

    /// <summary>From before the start of a process to its end; it must end with 0.</summary>
    private static async Task<double> TimeAsync(ProcessStartInfo command)
    {
        command.RedirectStandardOutput = true;
        command.RedirectStandardError = true;
        command.UseShellExecute = false;
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(command)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return process.ExitCode == 0
            ? elapsed
            : throw new InvalidOperationException($"{command.FileName} {string.Join(' ', command.ArgumentList)} ended with {process.ExitCode}: {output} {await errors}");
    }

    private static async Task<double> CallAsync(JobClient client, bool cached) =>
        (await client.RunAsync(JobClient.Template("true", "submit", cached, "true"))).Elapsed.TotalMilliseconds;

    private enum Part
    {
        Nothing,
        Version,
        Wrapper,
        Container,
        CallCached,
        CallUncached,
        SubmitCached,
        SubmitUncached,
    }
}
