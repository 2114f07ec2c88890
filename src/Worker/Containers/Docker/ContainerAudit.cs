using System.Globalization;
using BuildFarm.Worker.Containers.Cgroups;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>
/// What the kernel says of a process in a container. A daemon can be configured, or be a different program, so that settings it
/// accepts do not hold; then no task runs.
/// </summary>
internal sealed class ContainerAudit
{
    private readonly Dictionary<string, string> _facts;

    private ContainerAudit(Dictionary<string, string> facts) => _facts = facts;

    /// <summary>Uid on the host; 0 is root.</summary>
    public uint UserId => uint.TryParse(Fact("Uid").Split('\t')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0;

    public static ContainerAudit Of(int process) => Parse(KernelFile.TryRead($"/proc/{process}/status") ?? "");

    /// <param name="status">Content of <c>/proc/PID/status</c>.</param>
    public static ContainerAudit Parse(string status)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in status.Split('\n'))
        {
            if (line.Split(':', 2) is [var name, var value])
                facts[name] = value.Trim();
        }

        return new ContainerAudit(facts);
    }

    /// <summary>What does not hold; empty when all does.</summary>
    public IEnumerable<string> Problems()
    {
        if (UserId == 0)
            yield return "its processes run as root of the host";
        foreach (var set in (string[])["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
        {
            if (Fact(set).Trim('0').Length > 0)
                yield return $"they have capabilities ({set} {Fact(set)})";
        }

        if (Fact("NoNewPrivs") != "1")
            yield return "they may gain privileges by set-uid programs";
        if (Fact("Seccomp") != "2")
            yield return "their system calls are not filtered (the daemon's seccomp profile is off)";
    }

    private string Fact(string name) => _facts.GetValueOrDefault(name, "");
}
