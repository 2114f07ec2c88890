using System.Text.Json;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>The mounts of a task's container, in the order in which they are made.</summary>
internal static class OciMounts
{
    public static void Write(Utf8JsonWriter json, ContainerSpec spec, OciBundle bundle)
    {
        var scratch = bundle.Scratch;
        json.WriteStartArray("mounts");
        Write(json, "/proc", "proc", "proc", "nosuid", "noexec", "nodev");
        Write(json, "/dev", "tmpfs", "tmpfs", "nosuid", "mode=755", "size=64k");
        Write(json, "/dev/shm", "bind", scratch.SharedMemory, "bind", "nosuid", "nodev", "noexec");
        // A sysfs shows its network namespace, so it can only be mounted with one of the container's own.
        if (spec.Network)
            Write(json, "/sys", "tmpfs", "tmpfs", "nosuid", "nodev", "noexec", "mode=755", "size=64k");
        else
            Write(json, "/sys", "sysfs", "sysfs", "nosuid", "nodev", "noexec", "ro");
        Write(json, "/sys/fs/cgroup", "tmpfs", "tmpfs", "nosuid", "nodev", "noexec", "mode=755", "size=64k");
        foreach (var (target, source) in bundle.Shown)
            Write(json, target, "bind", source, "bind", "ro", "nosuid", "nodev", "noexec");
        Write(json, ContainerPaths.Temporary, "bind", scratch.Temporary, "bind", "nosuid", "nodev");
        Write(json, ContainerPaths.Runtime, "bind", scratch.Runtime, "bind", "nosuid", "nodev");
        if (spec.Secrets.Count > 0)
            Write(json, ContainerPaths.Secrets, "bind", scratch.Secrets, "bind", "ro", "nosuid", "nodev", "noexec");
        Write(json, ContainerPaths.Home, spec.Home ?? new FolderMount(scratch.Home));
        Write(json, ContainerPaths.Workspace, spec.Workspace);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string destination, WorkspaceMount mount)
    {
        switch (mount)
        {
            case OverlayMount overlay:
                // A user namespace may keep its own attributes in the user's part alone. What a task writes is thrown away
                // with it, so nothing of it needs to reach the disk (volatile).
                Write(
                    json,
                    destination,
                    "overlay",
                    "overlay",
                    "nosuid",
                    "nodev",
                    $"lowerdir={overlay.Lower}",
                    $"upperdir={overlay.Upper}",
                    $"workdir={overlay.Work}",
                    "userxattr",
                    "volatile");
                break;
            case FolderMount folder:
                Write(json, destination, "bind", folder.Path, "bind", "nosuid", "nodev");
                break;
            default:
                throw new NotSupportedException($"a folder of kind {mount.GetType().Name}");
        }
    }

    private static void Write(Utf8JsonWriter json, string destination, string type, string source, params ReadOnlySpan<string> options)
    {
        json.WriteStartObject();
        json.WriteString("destination", destination);
        json.WriteString("type", type);
        json.WriteString("source", source);
        json.WriteStartArray("options");
        foreach (var option in options)
            json.WriteStringValue(option);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
