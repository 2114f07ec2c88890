namespace BuildFarm.Worker.Native;

/// <summary>What a mount forbids: the attributes of mount_setattr(2).</summary>
[Flags]
internal enum MountRules : long
{
    None = 0,
    ReadOnly = 1,
    NoSetUid = 2,
    NoDevices = 4,
    NoPrograms = 8,

    /// <summary>A folder that a task may write to.</summary>
    Private = NoSetUid | NoDevices,

    /// <summary>What a task may look at.</summary>
    Shown = ReadOnly | NoSetUid | NoDevices | NoPrograms,
}
