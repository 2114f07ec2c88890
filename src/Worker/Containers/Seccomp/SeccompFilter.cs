using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace BuildFarm.Worker.Containers.Seccomp;

/// <summary>
/// A profile as the program that the kernel runs at each system call (seccomp(2), classic BPF), for the architecture of this
/// process alone. Runtimes that take it ready made save the time of making it at each start. The kernel remembers which calls
/// pass whatever their arguments, so its length costs next to nothing.
/// </summary>
internal sealed class SeccompFilter
{
    /// <summary>Flags of clone(2) that make namespaces: mount, cgroup, uts, ipc, user, pid, net.</summary>
    public const uint NamespaceFlags = 0x7E020000;

    /// <summary>ioctl(2) that puts characters into another's terminal.</summary>
    public const uint TerminalInput = 0x5412;

    private const ushort Load = 0x20;
    private const ushort JumpEqual = 0x15;
    private const ushort JumpGreater = 0x25;
    private const ushort JumpSet = 0x45;
    private const ushort Return = 0x06;
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint FirstArgument = 16;
    private const uint SecondArgument = 24;
    private const uint Allow = 0x7FFF0000;
    private const uint NotPermitted = 0x00050001;
    private const uint NotThere = 0x00050026;
    private const int InstructionBytes = 8;

    private readonly List<(ushort Code, byte True, byte False, uint Value)> _program = [];

    private SeccompFilter()
    {
    }

    /// <summary>True where <see cref="Make"/> knows the numbers of system calls.</summary>
    public static bool IsKnownArchitecture => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>The instructions, as <c>struct sock_filter</c>, in this machine's byte order.</summary>
    public static byte[] Make(SeccompProfile profile)
    {
        var arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64;
        return new SeccompFilter().Compile(profile, arm ? 0xC00000B7 : 0xC000003E, call => (uint)(arm ? call.Arm64 : call.X64));
    }

    private byte[] Compile(SeccompProfile profile, uint architecture, Func<Syscall, uint> numberOf)
    {
        // Another architecture's calls (32-bit programs on 64-bit machines) have other numbers, so none of them is let through.
        Add(Load, ArchitectureOffset);
        Add(JumpEqual, architecture, whenTrue: 1);
        Add(Return, NotThere);
        Add(Load, NumberOffset);
        Add(JumpGreater, Syscalls.LastKnown, whenFalse: 1);
        Add(Return, NotThere);
        foreach (var call in profile.Refused.Where(call => (int)numberOf(call) >= 0))
        {
            Add(JumpEqual, numberOf(call), whenFalse: 1);
            Add(Return, NotPermitted);
        }

        if (!profile.AllowsNamespaces)
        {
            Add(JumpEqual, numberOf(Syscalls.Clone3), whenFalse: 1);
            Add(Return, NotThere);
            Add(JumpEqual, numberOf(Syscalls.Clone), whenFalse: 4);
            Add(Load, FirstArgument);
            Add(JumpSet, NamespaceFlags, whenFalse: 1);
            Add(Return, NotPermitted);
            Add(Return, Allow);
        }

        Add(JumpEqual, numberOf(Syscalls.InputOutputControl), whenFalse: 4);
        Add(Load, SecondArgument);
        Add(JumpEqual, TerminalInput, whenFalse: 1);
        Add(Return, NotPermitted);
        Add(Return, Allow);

        var families = profile.SocketFamilies;
        Add(JumpEqual, numberOf(Syscalls.Socket), whenFalse: (byte)(families.Count + 3));
        Add(Load, FirstArgument);
        for (var i = 0; i < families.Count; i++)
            Add(JumpEqual, (uint)families[i], whenTrue: (byte)(families.Count - i));
        Add(Return, NotPermitted);
        Add(Return, Allow);
        Add(Return, Allow);
        return Bytes();
    }

    private void Add(ushort code, uint value, byte whenTrue = 0, byte whenFalse = 0) => _program.Add((code, whenTrue, whenFalse, value));

    private byte[] Bytes()
    {
        var bytes = new byte[_program.Count * InstructionBytes];
        foreach (var (index, (code, whenTrue, whenFalse, value)) in _program.Index())
        {
            var at = bytes.AsSpan(index * InstructionBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(at, code);
            at[2] = whenTrue;
            at[3] = whenFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], value);
        }

        return bytes;
    }
}
