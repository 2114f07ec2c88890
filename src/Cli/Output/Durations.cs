using System.Globalization;

namespace BuildFarm.Cli.Output;

/// <summary>Writes times and sizes for people.</summary>
public static class Durations
{
    /// <summary>As the column of task lines has it: <c>12.4s</c>, <c>600.0s</c>, at least six characters wide.</summary>
    public static string Column(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds,5:0.0}s");

    /// <summary>As a sentence has it: <c>0.4s</c>, <c>6m02s</c>, <c>1h05m</c>.</summary>
    public static string Brief(TimeSpan time) => time.TotalSeconds switch
    {
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, time.TotalSeconds):0.0}s"),
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}m{time.Seconds:00}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}h{time.Minutes:00}m"),
    };

    /// <summary>Bytes with a unit of 1024: <c>512 B</c>, <c>1.5 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var value = (double)bytes;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }
}
