namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>What the daemon says of itself.</summary>
/// <param name="ServerVersion">Of Docker.</param>
/// <param name="CgroupDriver">cgroupfs or systemd.</param>
/// <param name="CgroupVersion">1 or 2.</param>
/// <param name="Driver">How it stores images: overlay2, vfs, …</param>
/// <param name="SecurityOptions">As <c>name=seccomp,profile=default</c>.</param>
internal sealed record EngineInfo(string ServerVersion, string CgroupDriver, string CgroupVersion, string Driver, IReadOnlyList<string> SecurityOptions);
