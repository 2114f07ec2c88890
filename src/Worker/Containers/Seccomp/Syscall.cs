namespace BuildFarm.Worker.Containers.Seccomp;

/// <summary>A system call with its number on each architecture that workers run on; -1 where there is none.</summary>
/// <param name="Name">As in the kernel's headers.</param>
/// <param name="X64">On x86_64.</param>
/// <param name="Arm64">On aarch64.</param>
internal readonly record struct Syscall(string Name, int X64, int Arm64);
