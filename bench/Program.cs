using BuildFarm.Bench;
using BuildFarm.Bench.Bazel;
using BuildFarm.Bench.BlobStore;
using BuildFarm.Bench.Cache;
using BuildFarm.Bench.Digests;
using BuildFarm.Bench.Docker;
using BuildFarm.Bench.Drain;
using BuildFarm.Bench.EndToEnd;
using BuildFarm.Bench.Journal;
using BuildFarm.Bench.Rpc;
using BuildFarm.Bench.Scheduling;
using BuildFarm.Bench.Worker;

// One verb a measurement; bench/run builds the peers and calls this.
return args switch
{
    ["rpc", ..] => await RpcBench.RunAsync(),
    ["blobs", "million", .. var options] => await MillionBench.RunAsync(options),
    ["blobs", ..] => await BlobBench.RunAsync(),
    ["digests"] => DigestBench.Run(),
    ["cache", "nodes"] => await NodesBench.RunAsync(),
    ["cache", "nodes", var only] => await NodesBench.RunAsync(only),
    ["cache"] => await CacheBench.RunAsync(),
    ["cache", var only] => await CacheBench.RunAsync(only),
    ["bazel", ..] => await BazelBench.RunAsync(),
    ["tasks", .. var options] => await TaskBench.RunAsync(options),
    ["submit", .. var options] => await SubmitBench.RunAsync(options),
    ["docker", .. var options] => await DockerBench.RunAsync(options),
    ["worker", .. var options] => await WorkerBench.RunAsync(options),
    ["inputs", ..] => await InputsBench.RunAsync(),
    ["outputs", ..] => await OutputsBench.RunAsync(),
    ["drain", .. var options] => await DrainBench.RunAsync(options),
    ["scheduler", .. var options] => SchedulerBench.Run(options),
    ["journal", .. var options] => await JournalBench.RunAsync(options),
    _ => Report.Usage(),
};
