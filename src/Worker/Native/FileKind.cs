namespace BuildFarm.Worker.Native;

/// <summary>What a name in a folder stands for.</summary>
internal enum FileKind
{
    Other = 0,
    File,
    Directory,
    SymbolicLink,
}
