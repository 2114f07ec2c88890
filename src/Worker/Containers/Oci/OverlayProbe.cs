using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>Lays one empty overlay, which kernels and file systems have not always allowed in a user's own namespace.</summary>
internal static class OverlayProbe
{
    /// <param name="folder">Where tasks have what they write.</param>
    /// <exception cref="RuntimeUnusableException">It is refused; there is no other way for tasks to share inputs and edit them.</exception>
    public static void Run(string folder)
    {
        var probe = Path.Combine(folder, "overlay-probe");
        TreeRemover.Remove(probe);
        try
        {
            foreach (var name in (ReadOnlySpan<string>)["lower", "upper", "work"])
                Directory.CreateDirectory(Path.Combine(probe, name));
            using var overlay = DetachedMount.Overlay(Path.Combine(probe, "lower"), Path.Combine(probe, "upper"), Path.Combine(probe, "work"));
        }
        catch (IOException e)
        {
            throw new RuntimeUnusableException(
                $"no overlay can be laid in {folder} by a user ({e.Message}): it takes Linux 5.11, the module overlay (as root: modprobe overlay), and a file system with user attributes such as ext4, xfs or btrfs; another place is chosen with --data");
        }
        finally
        {
            TreeRemover.Remove(probe);
        }
    }
}
