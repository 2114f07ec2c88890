using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Processes;

/// <summary>What a process gets as its first three descriptors. Owned by the caller, which may close them after the start.</summary>
internal readonly record struct StandardStreams(SafeFileHandle Input, SafeFileHandle Output, SafeFileHandle Error);
