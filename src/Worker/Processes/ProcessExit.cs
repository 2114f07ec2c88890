using System.Runtime.InteropServices;

namespace BuildFarm.Worker.Processes;

/// <summary>How a process ended.</summary>
/// <param name="Code">Exit code, 0 to 255; 128 + n when signal n ended it.</param>
/// <param name="Signal">The signal that ended it; 0 when it exited.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProcessExit(int Code, int Signal);
