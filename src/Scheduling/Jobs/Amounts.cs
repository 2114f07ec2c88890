using System.Globalization;

namespace BuildFarm.Scheduling.Jobs;

/// <summary>Writes amounts of resources for people.</summary>
internal static class Amounts
{
    /// <summary>As <c>2</c> or <c>0.5</c>, in CPUs.</summary>
    public static string Cpu(long millis) => (millis / 1000m).ToString("0.###", CultureInfo.InvariantCulture);

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
}
