using System.Globalization;
using System.Runtime.InteropServices;

namespace BuildFarm.Worker.Rootless;

/// <summary>Ids that an administrator has handed out to a user, in <c>/etc/subuid</c> and <c>/etc/subgid</c> (subuid(5)).</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SubordinateIds(uint First, uint Count)
{
    /// <summary>A user's longest range; null when it has none.</summary>
    /// <param name="table">The file's content.</param>
    /// <param name="user">Name; the file may have its number instead.</param>
    /// <param name="id">Number.</param>
    public static SubordinateIds? Find(string table, string user, uint id)
    {
        var number = id.ToString(CultureInfo.InvariantCulture);
        return Ranges(table).Where(range => range.Owner == user || range.Owner == number)
            .Select(static range => (SubordinateIds?)range.Ids)
            .MaxBy(static ids => ids!.Value.Count);
    }

    /// <summary>A range that nobody has yet, as <c>usermod</c> takes it.</summary>
    public static string Free(string table)
    {
        const uint Lowest = 100_000;
        var first = Math.Max(Lowest, Ranges(table).Select(static range => range.Ids.First + range.Ids.Count).DefaultIfEmpty(Lowest).Max());
        return string.Create(CultureInfo.InvariantCulture, $"{first}-{first + HostIds.Wanted - 1}");
    }

    private static IEnumerable<(string Owner, SubordinateIds Ids)> Ranges(string table)
    {
        foreach (var line in table.Split('\n'))
        {
            if (line.Split(':') is [var owner, var first, var count]
                && uint.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var start)
                && uint.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var length))
                yield return (owner, new SubordinateIds(start, length));
        }
    }
}
