using System.Globalization;
using System.Runtime.InteropServices;

namespace BuildFarm.Worker.Native;

/// <summary>On which CPUs a thread, and whatever it starts, may run.</summary>
internal static unsafe partial class CpuAffinity
{
    // As many CPUs as the kernel can have.
    private const int MaskBytes = 1024;

    /// <summary>The CPUs that this process may use.</summary>
    public static IReadOnlyList<int> Own()
    {
        var mask = stackalloc byte[MaskBytes];
        var length = (int)Get(0, MaskBytes, mask);
        if (length <= 0)
            return [.. Enumerable.Range(0, Environment.ProcessorCount)];
        var cpus = new List<int>();
        for (var cpu = 0; cpu < length * 8; cpu++)
        {
            if ((mask[cpu / 8] & (1 << (cpu % 8))) != 0)
                cpus.Add(cpu);
        }

        return cpus;
    }

    /// <summary>Binds the calling thread until the returned object is disposed by it.</summary>
    public static IDisposable Enter(IReadOnlyList<int> cpus)
    {
        var visit = new Visit(Own());
        Set(0, cpus);
        return visit;
    }

    /// <summary>Binds a process of one thread, and all that it comes to start.</summary>
    public static void Bind(int process, IReadOnlyList<int> cpus) => Set(process, cpus);

    /// <summary>CPU numbers as the kernel writes lists of them: <c>0-2,5</c>.</summary>
    public static string Text(IReadOnlyList<int> cpus)
    {
        var parts = new List<string>();
        for (var i = 0; i < cpus.Count;)
        {
            var last = i;
            while (last + 1 < cpus.Count && cpus[last + 1] == cpus[last] + 1)
                last++;
            parts.Add(i == last
                ? cpus[i].ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{cpus[i]}-{cpus[last]}"));
            i = last + 1;
        }

        return string.Join(',', parts);
    }

    private static void Set(int thread, IReadOnlyList<int> cpus)
    {
        var mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        foreach (var cpu in cpus)
            mask[cpu / 8] |= (byte)(1 << (cpu % 8));
        if (SetNative(thread, MaskBytes, mask) != 0)
            throw LinuxError.Last($"bind to the CPUs {Text(cpus)}");
    }

    // The call itself tells how many bytes the kernel has written; the C library's function does not.
    private static long Get(int thread, nuint size, byte* mask) => Libc.Syscall(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 123 : 204, thread, (void*)size, mask, 0, 0);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetNative(int thread, nuint size, byte* mask);

    private sealed class Visit(IReadOnlyList<int> home) : IDisposable
    {
        public void Dispose() => Set(0, home);
    }
}
