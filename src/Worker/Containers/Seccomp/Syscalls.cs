namespace BuildFarm.Worker.Containers.Seccomp;

/// <summary>The system calls that a build or a test has no use for, by what they are for.</summary>
internal static class Syscalls
{
    /// <summary>Above it nothing is known: newer calls are answered as by a kernel that lacks them, and programs do without.</summary>
    public const int LastKnown = 469;

    public static readonly Syscall Socket = new("socket", 41, 198);
    public static readonly Syscall Clone = new("clone", 56, 220);

    /// <summary>Its flags lie in memory, where no filter can look; programs fall back to <see cref="Clone"/> when there is no such call.</summary>
    public static readonly Syscall Clone3 = new("clone3", 435, 435);
    public static readonly Syscall InputOutputControl = new("ioctl", 16, 29);

    /// <summary>Making namespaces, and mounting in them.</summary>
    public static readonly Syscall[] Namespaces =
    [
        new("unshare", 272, 97), new("setns", 308, 268), new("mount", 165, 40), new("umount2", 166, 39), new("pivot_root", 155, 41),
        new("chroot", 161, 51), new("move_mount", 429, 429), new("open_tree", 428, 428), new("open_tree_attr", 467, 467), new("fsopen", 430, 430),
        new("fsconfig", 431, 431), new("fsmount", 432, 432), new("fspick", 433, 433), new("mount_setattr", 442, 442),
        new("sethostname", 170, 161), new("setdomainname", 171, 162),
    ];

    /// <summary>What no task gets: the kernel's own settings, and large parts of it that had many faults.</summary>
    public static readonly Syscall[] Always =
    [
        // Keys are kept by user, not by container.
        new("add_key", 248, 217), new("request_key", 249, 218), new("keyctl", 250, 219),
        new("bpf", 321, 280), new("perf_event_open", 298, 241), new("userfaultfd", 323, 282), new("lookup_dcookie", 212, 18),
        // Work that goes on in the kernel past these filters.
        new("io_uring_setup", 425, 425), new("io_uring_enter", 426, 426), new("io_uring_register", 427, 427),
        new("kexec_load", 246, 104), new("kexec_file_load", 320, 294), new("reboot", 169, 142), new("syslog", 103, 116),
        new("init_module", 175, 105), new("finit_module", 313, 273), new("delete_module", 176, 106),
        new("create_module", 174, -1), new("get_kernel_syms", 177, -1), new("query_module", 178, -1),
        new("swapon", 167, 224), new("swapoff", 168, 225), new("acct", 163, 89), new("quotactl", 179, 60), new("quotactl_fd", 443, 443),
        new("settimeofday", 164, 170), new("clock_settime", 227, 112), new("clock_adjtime", 305, 266), new("adjtimex", 159, 171),
        new("iopl", 172, -1), new("ioperm", 173, -1), new("vhangup", 153, 58), new("nfsservctl", 180, 42),
        new("open_by_handle_at", 304, 265), new("fanotify_init", 300, 262), new("migrate_pages", 256, 238), new("move_pages", 279, 239),
        new("uselib", 134, -1), new("ustat", 136, -1), new("sysfs", 139, -1), new("_sysctl", 156, -1),
        new("statmount", 457, 457), new("listmount", 458, 458), new("lsm_set_self_attr", 460, 460),
    ];
}
