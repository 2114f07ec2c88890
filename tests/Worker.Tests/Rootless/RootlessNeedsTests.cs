using BuildFarm.TestKit;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Rootless;
using Xunit;

namespace BuildFarm.Worker.Tests.Rootless;

/// <summary>What a user lacks, told from the files of a machine.</summary>
public sealed class RootlessNeedsTests
{
    private const string Version1 = "cgroup /c/memory cgroup rw,memory 0 0\ncgroup /c/cpu cgroup rw,cpu,cpuacct 0 0\ncgroup /c/pids cgroup rw,pids 0 0\n";
    private static readonly RootlessUser Ada = new(1000, 1000, "ada");

    [Theory]
    [InlineData("ada:100000:65536")]
    [InlineData("1000:100000:65536")]
    [InlineData("bob:100000:65536\nada:165536:10\nada:231072:131072\n")]
    public void Ids_OfTheUser_AreFoundByNameAndNumber(string table) => Assert.Null(RootlessNeeds.MissingIds(table, table, Ada));

    [Theory]
    [InlineData("", "no 65536 subordinate ids for user ada in /etc/subuid and /etc/subgid: as root run usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ada")]
    [InlineData("bob:300000:65536\nada:100000:1000\nodd", "no 65536 subordinate ids for user ada in /etc/subuid and /etc/subgid: as root run usermod --add-subuids 365536-431071 --add-subgids 365536-431071 ada")]
    public void Ids_TooFew_AreNamedWithAFreeRange(string table, string line) => Assert.Equal(line, RootlessNeeds.MissingIds(table, table, Ada));

    [Fact]
    public void Ids_OfGroupsAlone_AreAskedForAlone() =>
        Assert.Equal(
            "no 65536 subordinate ids for user ada in /etc/subgid: as root run usermod --add-subgids 100000-165535 ada",
            RootlessNeeds.MissingIds("ada:100000:65536", "", Ada));

    [Theory]
    [InlineData("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=15000")]
    [InlineData("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1")]
    [InlineData("kernel/apparmor_restrict_unprivileged_userns", "1", "sysctl kernel.apparmor_restrict_unprivileged_userns=0")]
    public void Switch_ThatDenies_IsNamedWithTheOrder(string file, string value, string order)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("user"));
        Directory.CreateDirectory(folder.File("kernel"));
        Assert.Null(KernelSwitches.FindDenial(folder.Path));
        File.WriteAllText(folder.File(file), value + "\n");
        Assert.Contains(order, KernelSwitches.FindDenial(folder.Path), StringComparison.Ordinal);
        File.WriteAllText(folder.File(file), "7\n");
        Assert.Null(KernelSwitches.FindDenial(folder.Path));
    }

    [Fact]
    public void Cgroups_OfVersion1_AreThoseOfTheProcessInEachHierarchy()
    {
        const string Own = "3:pids:/ada\n2:cpu,cpuacct:/u/ada\n1:memory:/\n";
        string[] writable = ["/c/pids/ada", "/c/pids/ada/tasks", "/c/cpu/u/ada", "/c/cpu/u/ada/tasks"];
        var line = CgroupDelegation.FindMissing(Version1, Own, "ada", path => writable.Contains(path, StringComparer.Ordinal));
        Assert.StartsWith("no delegated cgroup: user ada may not make cgroups in /c/memory; as root run for d in /c/memory; do mkdir -p $d/ada ", line, StringComparison.Ordinal);
        Assert.Null(CgroupDelegation.FindMissing(Version1, Own, "ada", static _ => true));
    }

    [Fact]
    public void Cgroups_OfVersion2_NeedARightAndThreeControllers()
    {
        using var tree = new TempFolder();
        var mounts = $"cgroup2 {tree.Path} cgroup2 rw 0 0\n";
        Directory.CreateDirectory(tree.File("user.slice/x.scope"));
        const string Own = "0::/user.slice/x.scope\n";
        File.WriteAllText(tree.File("user.slice/x.scope/cgroup.controllers"), "memory pids\n");
        Assert.Equal(
            $"no delegated cgroup: user ada may not make cgroups in {tree.Path}/user.slice/x.scope; start the worker with systemd-run --user --scope -p Delegate=yes",
            CgroupDelegation.FindMissing(mounts, Own, "ada", static _ => false));
        Assert.Contains("is not given the controllers cpu; as root run systemctl edit user@.service", CgroupDelegation.FindMissing(mounts, Own, "ada", static _ => true), StringComparison.Ordinal);
        File.WriteAllText(tree.File("user.slice/x.scope/cgroup.controllers"), "cpu memory pids\n");
        Assert.Null(CgroupDelegation.FindMissing(mounts, Own, "ada", static _ => true));
    }

    [Fact]
    public void Tools_ThatAreMissing_AreNamedWithTheirPackage()
    {
        using var folder = new TempFolder();
        Assert.Null(RootlessTools.Find(folder.Path, out var missing));
        Assert.Contains("apt-get install uidmap", missing, StringComparison.Ordinal);
        foreach (var name in new[] { "newuidmap", "newgidmap" })
            File.WriteAllText(folder.File(name), "");
        Assert.Null(RootlessTools.Find(folder.Path, out missing));
        Assert.Contains("apt-get install util-linux", missing, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0 0 4294967295", 0x7000_0000, 65536)]
    [InlineData("0 1000 1\n1 100000 65536", 1, 65536)]
    [InlineData("0 1000 1\n1 100000 30000\n30001 500000 99999", 1, 65536)]
    [InlineData("0 500000 65536", 1, 65535)]
    public void ContainerIds_AreThoseThatTheNamespaceHas(string map, uint first, uint count) => Assert.Equal(new HostIds(first, count), HostIds.Of(map, map));

    [Fact]
    public void ContainerIds_TooFew_AreRefused() =>
        Assert.Contains("maps 0 ids", Assert.Throws<RuntimeUnusableException>(static () => HostIds.Of("0 1000 1", "0 1000 1")).Message, StringComparison.Ordinal);
}
