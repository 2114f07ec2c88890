using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Cli.Connection;
using BuildFarm.TestSplitting.PythonDoctest;
using Google.Bytestream;
using Grpc.Core;

namespace BuildFarm.Cli.Testing;

/// <summary>Adds up what the drivers of doctest tasks report.</summary>
/// <param name="Files">Files whose report could be read.</param>
/// <param name="Examples">Examples that ran.</param>
/// <param name="Failures">Examples that failed and count.</param>
/// <param name="Skipped">Examples that were skipped by request.</param>
public readonly record struct DoctestTotals(int Files, int Examples, int Failures, int Skipped)
{
    /// <summary>For the end of a run.</summary>
    public string Text => $"{Examples} examples in {Files} files, {Failures} failed, {Skipped} skipped";

    /// <summary>Reads the reports of all tasks that have one.</summary>
    public static async Task<DoctestTotals> ReadAsync(FarmConnection farm, IEnumerable<FarmTask> tasks, CancellationToken cancellationToken)
    {
        var totals = default(DoctestTotals);
        var reports = tasks.SelectMany(task => task.Result?.OutputFiles ?? []).Where(file => file.Path == DoctestDriver.ReportPath);
        foreach (var file in reports)
        {
            try
            {
                var report = DoctestReportParser.Parse(file.Contents.Length > 0 ? file.Contents.Memory : await ReadAsync(farm, file.Digest, cancellationToken));
                totals = new DoctestTotals(totals.Files + 1, totals.Examples + report.Examples, totals.Failures + report.Failures, totals.Skipped + report.Skipped);
            }
            catch (Exception error) when (error is RpcException or DoctestReportException)
            {
                // The outcome of the task stands without its report; the count of files shows that one is missing.
                continue;
            }
        }

        return totals;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(FarmConnection farm, Digest digest, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        using var call = farm.Bytes.Read(new ReadRequest { ResourceName = BlobNames.Read(digest) }, cancellationToken: cancellationToken);
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            await bytes.WriteAsync(call.ResponseStream.Current.Data.Memory, cancellationToken);
        }

        return bytes.ToArray();
    }
}
