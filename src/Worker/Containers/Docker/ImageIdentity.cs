using System.Globalization;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>Who is who in the image, and which user of the host a task is.</summary>
/// <param name="UserId">Of tasks, on the host.</param>
/// <param name="Users">The image's <c>/etc/passwd</c>; empty when it has none.</param>
/// <param name="Groups">Its <c>/etc/group</c>, likewise.</param>
internal sealed record ImageIdentity(uint UserId, string Users, string Groups)
{
    private static readonly string Id = ContainerPaths.UserId.ToString(CultureInfo.InvariantCulture);

    /// <summary>The tables for tasks by name: the image's own, with the tasks' user in the place of who has its number.</summary>
    public IEnumerable<(string Name, string Content)> StandIns()
    {
        // An empty table cannot be covered: the file may not be there.
        if (Users.Length > 0)
            yield return ("passwd", Without(Users) + $"{ContainerPaths.User}:x:{Id}:{Id}::{ContainerPaths.Home}:/bin/sh\n");
        if (Groups.Length > 0)
            yield return ("group", Without(Groups) + $"{ContainerPaths.User}:x:{Id}:\n");
    }

    private static string Without(string table) =>
        string.Concat(table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => line.Split(':') is not [_, _, var number, ..] || number != Id).Select(static line => line + "\n"));
}
