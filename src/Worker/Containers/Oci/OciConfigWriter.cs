using System.Buffers;
using System.Globalization;
using System.Text.Json;
using BuildFarm.Worker.Containers.Seccomp;
using BuildFarm.Worker.Rootless;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>
/// Writes the <c>config.json</c> of the OCI runtime specification 1.0 for one task: no capabilities, no new privileges, a
/// user namespace, filtered system calls, a read-only root, private namespaces, and nothing writable but the workspace, /tmp, HOME and /dev/shm.
/// </summary>
internal static class OciConfigWriter
{
    /// <summary>When the machine itself runs out of memory, tasks go before the worker.</summary>
    public const int OutOfMemoryScore = 500;

    public static byte[] Write(ContainerSpec spec, OciBundle bundle)
    {
        var buffer = new ArrayBufferWriter<byte>(8 * 1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion", "1.0.0");
            WriteProcess(json, spec, bundle);
            json.WriteStartObject("root");
            json.WriteString("path", bundle.RootPath);
            json.WriteBoolean("readonly", true);
            json.WriteEndObject();
            json.WriteString("hostname", ContainerPaths.Hostname);
            OciMounts.Write(json, spec, bundle);
            if (bundle.Filter is not null)
            {
                json.WriteStartObject("annotations");
                json.WriteString("run.oci.seccomp_bpf_data", bundle.Filter);
                json.WriteEndObject();
            }

            WriteLinux(json, spec, bundle);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteProcess(Utf8JsonWriter json, ContainerSpec spec, OciBundle bundle)
    {
        json.WriteStartObject("process");
        json.WriteBoolean("terminal", false);
        json.WriteStartObject("user");
        json.WriteNumber("uid", ContainerPaths.UserId);
        json.WriteNumber("gid", ContainerPaths.UserId);
        json.WriteEndObject();
        WriteStrings(json, "args", [.. bundle.Inner, .. spec.Arguments]);
        WriteStrings(json, "env", spec.Environment.Select(static variable => $"{variable.Key}={variable.Value}"));
        json.WriteString("cwd", spec.WorkingDirectory.Length == 0 ? ContainerPaths.Workspace : $"{ContainerPaths.Workspace}/{spec.WorkingDirectory}");
        json.WriteStartObject("capabilities");
        foreach (var set in (ReadOnlySpan<string>)["bounding", "effective", "inheritable", "permitted", "ambient"])
            WriteStrings(json, set, []);
        json.WriteEndObject();
        json.WriteStartArray("rlimits");
        WriteLimit(json, "RLIMIT_NOFILE", spec.Limits.OpenFiles);
        WriteLimit(json, "RLIMIT_CORE", 0);
        json.WriteEndArray();
        json.WriteBoolean("noNewPrivileges", true);
        json.WriteNumber("oomScoreAdj", OutOfMemoryScore);
        json.WriteEndObject();
    }

    private static void WriteLinux(Utf8JsonWriter json, ContainerSpec spec, OciBundle bundle)
    {
        json.WriteStartObject("linux");
        json.WriteStartArray("namespaces");
        foreach (var kind in (ReadOnlySpan<string>)["pid", "ipc", "uts", "mount", "user", "network"])
        {
            if (kind == "network" && spec.Network)
                continue;
            json.WriteStartObject();
            json.WriteString("type", kind);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteMapping(json, "uidMappings", bundle.Ids);
        WriteMapping(json, "gidMappings", bundle.Ids);
        json.WriteString("cgroupsPath", bundle.CgroupsPath);
        if (bundle.Filter is null)
        {
            json.WritePropertyName("seccomp");
            SeccompJson.Write(json, spec.Profile);
        }

        WriteStrings(json, "maskedPaths", ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"]);
        WriteStrings(json, "readonlyPaths", ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]);
        json.WriteEndObject();
    }

    private static void WriteMapping(Utf8JsonWriter json, string name, HostIds ids)
    {
        json.WriteStartArray(name);
        json.WriteStartObject();
        json.WriteNumber("containerID", 0);
        json.WriteNumber("hostID", ids.First);
        json.WriteNumber("size", ids.Count);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteLimit(Utf8JsonWriter json, string type, int value)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteNumber("hard", value);
        json.WriteNumber("soft", value);
        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    /// <summary>A number as the kernel reads it.</summary>
    internal static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);
}
