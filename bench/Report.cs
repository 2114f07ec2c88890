using System.Globalization;

namespace BuildFarm.Bench;

/// <summary>Prints what docs/performance.md records: a Markdown table a measurement, with ratios.</summary>
internal static class Report
{
    public static int Usage()
    {
        Console.Error.WriteLine("usage: bench/run rpc|blobs [million [COUNT]]|digests|cache [nodes] [CALL]|bazel|tasks [COUNT]|submit [COUNT]|scheduler|drain [COUNT]|docker [COUNT]|worker [COUNT]|inputs|outputs|journal [submits|replay|snapshot]");
        return 2;
    }

    public static void Header(string title, params string[] columns)
    {
        Console.WriteLine();
        Console.WriteLine($"### {title}");
        Console.WriteLine("| " + string.Join(" | ", columns) + " |");
        Console.WriteLine("|" + string.Concat(Enumerable.Repeat(" --- |", columns.Length)));
    }

    public static void Row(params string[] cells) => Console.WriteLine("| " + string.Join(" | ", cells) + " |");

    public static string Number(double value, string format = "0.##") => value.ToString(format, CultureInfo.InvariantCulture);

    public static string Ratio(double ours, double peer) => Number(ours / peer, "0.00");

    /// <summary>The middle of the values: half are smaller.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
