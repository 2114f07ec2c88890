using System.Globalization;
using BuildFarm.Worker.Containers;

namespace BuildFarm.Worker.Roots;

/// <summary>The files of /etc that say who and where a task is, the same in every root.</summary>
internal static class UserTables
{
    /// <summary>Their names and contents, made from a root's own.</summary>
    /// <param name="etc">The root's /etc.</param>
    public static IEnumerable<(string Name, string Content)> StandIns(string etc)
    {
        var id = ContainerPaths.UserId.ToString(CultureInfo.InvariantCulture);
        var user = $"{ContainerPaths.User}:x:{id}:{id}::{ContainerPaths.Home}:/bin/sh";
        yield return ("passwd", Without(id, $"{etc}/passwd") + user + "\n");
        yield return ("group", Without(id, $"{etc}/group") + $"{ContainerPaths.User}:x:{id}:\n");
        yield return ("hostname", ContainerPaths.Hostname + "\n");
        yield return ("hosts", $"127.0.0.1 localhost {ContainerPaths.Hostname}\n::1 localhost\n");
    }

    /// <summary>A table without its own entry of that number, so that names of people are not in results.</summary>
    private static string Without(string id, string table)
    {
        // A link of an image would be followed on the host.
        var lines = new FileInfo(table) is { Exists: true, LinkTarget: null } ? File.ReadLines(table) : [];
        return string.Concat(lines.Where(line => line.Split(':') is not [_, _, var number, ..] || number != id).Select(static line => line + "\n"));
    }
}
