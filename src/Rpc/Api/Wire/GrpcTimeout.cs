using System.Globalization;

namespace BuildFarm.Rpc.Wire;

/// <summary>The <c>grpc-timeout</c> header: at most eight digits and one unit of <c>H M S m u n</c>.</summary>
public static class GrpcTimeout
{
    private const long MaxDigits = 99_999_999;

    /// <summary>
    /// Formats the time left. The finest unit that fits into eight digits is used and rounding is up, so the peer never gives up before this side does.
    /// A timeout that is over becomes <c>1n</c>, since zero is not a valid timeout.
    /// </summary>
    public static string Format(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            return "1n";
        }

        var ticks = timeout.Ticks;
        if (ticks <= MaxDigits / TimeSpan.NanosecondsPerTick)
        {
            return Join(ticks * TimeSpan.NanosecondsPerTick, 'n');
        }

        return TryUnit(ticks, TimeSpan.TicksPerMicrosecond, 'u')
            ?? TryUnit(ticks, TimeSpan.TicksPerMillisecond, 'm')
            ?? TryUnit(ticks, TimeSpan.TicksPerSecond, 'S')
            ?? TryUnit(ticks, TimeSpan.TicksPerMinute, 'M')
            ?? Join(Math.Min(Divide(ticks, TimeSpan.TicksPerHour), MaxDigits), 'H');
    }

    /// <summary>Reads a timeout; false when it does not follow the grammar. What is longer than <see cref="TimeSpan"/> can hold becomes <see cref="TimeSpan.MaxValue"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> value, out TimeSpan timeout)
    {
        timeout = default;
        if (value.Length is < 2 or > 9 || !long.TryParse(value[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
        {
            return false;
        }

        if (value[^1] == 'n')
        {
            timeout = TimeSpan.FromTicks(Divide(amount, TimeSpan.NanosecondsPerTick));
            return true;
        }

        long unit = value[^1] switch
        {
            'u' => TimeSpan.TicksPerMicrosecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'S' => TimeSpan.TicksPerSecond,
            'M' => TimeSpan.TicksPerMinute,
            'H' => TimeSpan.TicksPerHour,
            _ => 0,
        };
        timeout = amount > (unit == 0 ? 0 : long.MaxValue / unit) ? TimeSpan.MaxValue : TimeSpan.FromTicks(amount * unit);
        return unit != 0;
    }

    private static string? TryUnit(long ticks, long unit, char suffix)
    {
        var amount = Divide(ticks, unit);
        return amount <= MaxDigits ? Join(amount, suffix) : null;
    }

    private static long Divide(long amount, long unit) => (amount / unit) + (amount % unit == 0 ? 0 : 1);

    private static string Join(long amount, char suffix) => string.Create(CultureInfo.InvariantCulture, $"{amount}{suffix}");
}
