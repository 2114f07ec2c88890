using System.Globalization;

namespace BuildFarm.Scheduling.Jobs;

/// <summary>Writes amounts of resources for people.</summary>
internal static class Amounts
{
    /// <summary>As <c>2</c> or <c>0.5</c>, in CPUs.</summary>
    public static string Cpu(long millis) => (millis / 1000m).ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>As <c>cpu 2 and memory 1 GiB</c>, with what is counted by name after it.</summary>
    public static string All(Resources resources)
    {
        var named = resources.Named.IsEmpty ? "" : $" and {resources.Named}";
        return $"cpu {Cpu(resources.CpuMillis)} and memory {Memory(resources.MemoryBytes)}{named}";
    }

    /// <summary>The first of what is asked for that is more than there is, and how much there is; null when all fit.</summary>
    public static (string Wanted, string Has)? FirstLack(Resources asked, Resources room)
    {
        if (asked.CpuMillis > room.CpuMillis)
        {
            return ($"cpu {Cpu(asked.CpuMillis)}", Cpu(room.CpuMillis));
        }

        if (asked.MemoryBytes > room.MemoryBytes)
        {
            return ($"memory {Memory(asked.MemoryBytes)}", Memory(room.MemoryBytes));
        }

        return asked.Named.FirstAbove(room.Named) is { } name
            ? ($"{name} {Count(asked.Named[name])}", Count(room.Named[name]))
            : null;
    }

    /// <summary>As <c>3 GiB</c> or <c>1.5 MiB</c>.</summary>
    public static string Memory(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        var unit = 0;
        var amount = (decimal)bytes;
        while (amount >= 1024 && unit < units.Length - 1)
        {
            amount /= 1024;
            unit++;
        }

        return amount.ToString("0.##", CultureInfo.InvariantCulture) + " " + units[unit];
    }

    /// <summary>As <c>1 h 30 min</c> or <c>5 s</c>.</summary>
    public static string Time(TimeSpan time)
    {
        var (hours, minutes, seconds) = ((long)time.TotalHours, time.Minutes, time.Seconds + (time.Milliseconds / 1000m));
        string[] parts =
        [
            hours > 0 ? $"{Count(hours)} h" : "",
            minutes > 0 ? $"{Count(minutes)} min" : "",
            seconds > 0 || time < TimeSpan.FromMinutes(1) ? seconds.ToString("0.###", CultureInfo.InvariantCulture) + " s" : "",
        ];
        return string.Join(' ', Array.FindAll(parts, static part => part.Length > 0));
    }

    private static string Count(long amount) => amount.ToString(CultureInfo.InvariantCulture);
}
