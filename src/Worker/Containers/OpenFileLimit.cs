using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers;

/// <summary>
/// How many files a task's processes may have open. A runtime cannot give more than the worker itself may have, so the worker
/// raises its own limit first, which root may.
/// </summary>
internal static unsafe class OpenFileLimit
{
    private const int Wanted = 65536;
    private const int Resource = 7;

    /// <summary>The same on every machine unless this one refuses.</summary>
    public static int Available { get; } = Raise();

    private static int Raise()
    {
        // The soft limit, then the hard one.
        var limits = stackalloc ulong[2];
        if (Libc.ProcessLimit(0, Resource, null, limits) != 0 || limits[1] >= Wanted)
            return Wanted;
        var hard = limits[1];
        limits[1] = Wanted;
        return Libc.ProcessLimit(0, Resource, limits, null) == 0 ? Wanted : (int)hard;
    }
}
