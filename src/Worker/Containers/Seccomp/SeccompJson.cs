using System.Runtime.InteropServices;
using System.Text.Json;

namespace BuildFarm.Worker.Containers.Seccomp;

/// <summary>
/// A profile as the OCI runtime specification and the Docker Engine write it, for those that make the kernel's program
/// themselves.
/// </summary>
internal static class SeccompJson
{
    private const int NotPermitted = 1;
    private const int NotThere = 38;
    private const int HighestFamily = 45;

    /// <summary>Writes the value: an object.</summary>
    public static void Write(Utf8JsonWriter json, SeccompProfile profile)
    {
        var arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64;
        json.WriteStartObject();
        json.WriteString("defaultAction", "SCMP_ACT_ALLOW");
        json.WriteStartArray("architectures");
        json.WriteStringValue(arm ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64");
        json.WriteEndArray();
        json.WriteStartArray("syscalls");
        Refuse(json, profile.Refused.Where(call => (arm ? call.Arm64 : call.X64) >= 0).Select(static call => call.Name), NotPermitted);
        if (!profile.AllowsNamespaces)
        {
            Refuse(json, [Syscalls.Clone3.Name], NotThere);
            for (var bit = 0; bit < 32; bit++)
            {
                var flag = 1u << bit;
                if ((SeccompFilter.NamespaceFlags & flag) != 0)
                    Refuse(json, [Syscalls.Clone.Name], NotPermitted, new Argument(0, "SCMP_CMP_MASKED_EQ", flag, flag));
            }
        }

        Refuse(json, [Syscalls.InputOutputControl.Name], NotPermitted, new Argument(1, "SCMP_CMP_EQ", SeccompFilter.TerminalInput));
        for (var family = 0; family <= HighestFamily; family++)
        {
            if (!profile.SocketFamilies.Contains(family))
                Refuse(json, [Syscalls.Socket.Name], NotPermitted, new Argument(0, "SCMP_CMP_EQ", (uint)family));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Refuse(Utf8JsonWriter json, IEnumerable<string> names, int error, Argument? argument = null)
    {
        json.WriteStartObject();
        json.WriteStartArray("names");
        foreach (var name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteString("action", "SCMP_ACT_ERRNO");
        json.WriteNumber("errnoRet", error);
        if (argument is not null)
        {
            json.WriteStartArray("args");
            json.WriteStartObject();
            json.WriteNumber("index", argument.Index);
            json.WriteNumber("value", argument.Value);
            if (argument.ValueTwo is { } second)
                json.WriteNumber("valueTwo", second);
            json.WriteString("op", argument.Operator);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private sealed record Argument(int Index, string Operator, uint Value, uint? ValueTwo = null);
}
