using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Google.Bytestream;
using Google.LongRunning;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Health.V1;
using Xunit;

namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>
/// Malformed input of every kind to every method and to the HTTP cache: no case ends a process, hangs, holds something for ever, or gets
/// a status that blames the server. A failure prints its seed and number: <c>BUILDFARM_SEED=N</c> repeats the run, with
/// <c>BUILDFARM_CASE=N</c> one case of it.
/// </summary>
public sealed class FuzzTests
{
    private const int AtOnce = 32;
    private const int FailuresShown = 10;

    // Clients' connections, files of the histories' databases, log streams that nobody ended, and a thread pool that has grown under load.
    private const int MoreHandles = 24;
    private const int MoreLogStreams = 256;
    private const int MoreThreads = 32;
    private const long MoreMiB = 200;

    private static readonly MethodDescriptor[] OfCache = [.. Of(
        Build.Bazel.Remote.Execution.V2.RemoteExecutionReflection.Descriptor, BytestreamReflection.Descriptor, V1.ResultsReflection.Descriptor, V1.NodesReflection.Descriptor, V1.CacheReflection.Descriptor, HealthReflection.Descriptor,
        Grpc.Reflection.V1.ReflectionReflection.Descriptor).Where(static method => method.Service.Name != "Execution")];

    private static readonly MethodDescriptor[] OfCoordinator = [.. Of(OperationsReflection.Descriptor, V1.JobsReflection.Descriptor, V1.WorkersReflection.Descriptor, V1.AdminReflection.Descriptor),
        .. Build.Bazel.Remote.Execution.V2.RemoteExecutionReflection.Descriptor.Services.Single(static service => service.Name == "Execution").Methods];

    [Fact]
    public Task Farm_ThousandsOfMalformedInputs_HoldsAndBlamesNobodyElse() => RunAsync(2_000);

    [Fact]
    [Trait("Tier", "Full")]
    public Task Farm_AHundredThousandMalformedInputs_HoldsAndBlamesNobodyElse() => RunAsync(100_000);

    private static IEnumerable<MethodDescriptor> Of(params FileDescriptor[] files) => files.SelectMany(static file => file.Services).SelectMany(static service => service.Methods);

    private static async Task RunAsync(int cases)
    {
        var seed = NumberOf("BUILDFARM_SEED") ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        await using var farm = await FuzzFarm.StartAsync();
        var maker = new FuzzMaker(seed, farm.Corpus, [.. OfCache, .. OfCoordinator]);
        var numbers = NumberOf("BUILDFARM_CASE") is { } only ? [only] : Enumerable.Range(0, cases).ToArray();
        if (numbers.Length == 1)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(maker.Make(numbers[0]).ToString());
        }

        var before = farm.Look();

        // Caches fill and code is compiled; from here on memory is to stay.
        var warm = numbers[..(numbers.Length / 3)];
        var counts = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        await SendAllAsync(farm, maker, seed, warm, counts);
        var warmed = farm.Look();
        await SendAllAsync(farm, maker, seed, numbers[warm.Length..], counts);

        await farm.ReturnsAsync(now => now.Select(one => (one.Key, Now: one.Value, Before: before[one.Key], Warm: warmed[one.Key]))
            .Where(static one => one.Now.Handles > one.Before.Handles + MoreHandles || one.Now.LogStreams > MoreLogStreams || one.Now.Threads > one.Before.Threads + MoreThreads
                || one.Now.ResidentMiB > one.Warm.ResidentMiB + MoreMiB)
            .Select(one => $"seed {seed}: {one.Key} has {one.Now} after {one.Warm} in the middle and {one.Before} at first").FirstOrDefault());
        await farm.RunAsync("last");
        Assert.Empty(farm.Faults());
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: {string.Join(", ", counts.OrderBy(static count => count.Key).Select(static count => $"{count.Key} {count.Value}"))}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{string.Join("; ", farm.Look())} after {string.Join("; ", before)}");
    }

    private static async Task SendAllAsync(FuzzFarm farm, FuzzMaker maker, int seed, int[] numbers, ConcurrentDictionary<string, int> counts)
    {
        using var caller = new FuzzCaller();
        var failures = new ConcurrentQueue<string>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        try
        {
            await Parallel.ForEachAsync(numbers, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = enough.Token }, async (number, stop) =>
            {
                var made = maker.Make(number);
                var answer = await SendAsync(farm, caller, made, stop);
                counts.AddOrUpdate($"{made.Kind} {answer.Status?.ToString() ?? answer.HttpStatus?.ToString(CultureInfo.InvariantCulture) ?? "closed"}", 1, static (_, count) => count + 1);
                if (FuzzRules.Judge(made, answer) is { } wrong)
                {
                    failures.Enqueue($"{wrong}: {made}");
                    if (failures.Count >= FailuresShown)
                    {
                        await enough.CancelAsync();
                    }
                }
            });
        }
        catch (OperationCanceledException) when (!failures.IsEmpty)
        {
            // What was found is enough.
        }

        Assert.True(failures.IsEmpty, $"BUILDFARM_SEED={seed}\n{string.Join("\n\n", failures)}\n{string.Join("\n", farm.Faults())}");
    }

    private static async Task<FuzzAnswer> SendAsync(FuzzFarm farm, FuzzCaller caller, FuzzCase made, CancellationToken stop)
    {
        if (made.Blobs.Count > 0)
        {
            await farm.StoreAsync(made.Blobs, stop);
        }

        var isOdd = made.Number % 2 == 1;
        var atCache = OfCache.Any(method => made.Target == $"{method.Service.FullName}/{method.Name}");
        var answer = made.Kind switch
        {
            FuzzKind.Http => await FuzzCaller.SendAsync(made.Number % 8 == 0 ? farm.CoordinatorHttp : farm.CacheHttp, made, stop),
            FuzzKind.Connection => await FuzzCaller.SendAsync(isOdd ? farm.Coordinator : farm.Cache, made, stop),
            _ => await caller.CallAsync(atCache && !(isOdd && IsAtBoth(made.Target)) ? farm.Cache : farm.Coordinator, made, stop),
        };
        if (made.Target.EndsWith("/CollectGarbage", StringComparison.Ordinal))
        {
            // It may have taken everything; without the corpus the cases that follow would find nothing.
            await farm.StoreAsync(farm.Corpus.Blobs, stop);
        }

        return answer;
    }

    private static bool IsAtBoth(string target) => target.StartsWith("grpc.", StringComparison.Ordinal) || target.Contains("Capabilities", StringComparison.Ordinal);

    private static int? NumberOf(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
