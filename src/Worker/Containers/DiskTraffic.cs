namespace BuildFarm.Worker.Containers;

/// <summary>Bytes between a container and disks, as far as the kernel charges its cgroup with them.</summary>
internal readonly record struct DiskTraffic(long ReadBytes, long WrittenBytes);
