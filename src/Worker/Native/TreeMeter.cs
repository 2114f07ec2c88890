using System.Runtime.InteropServices;

namespace BuildFarm.Worker.Native;

/// <summary>Measures a tree that somebody may be changing: by folder handles, following no link, in bounded memory.</summary>
internal static class TreeMeter
{
    /// <summary>Folders below each other that are looked into; each holds a descriptor meanwhile.</summary>
    public const int MostDepth = 1000;

    private const int AtOnce = 4096;

    /// <summary>What a tree takes.</summary>
    /// <param name="path">Its folder, which does not count.</param>
    /// <param name="mostEntries">Counting ends soon after so many.</param>
    public static TreeSize Measure(string path, long mostEntries)
    {
        var open = new Stack<(DirectoryHandle Folder, Stack<DirectoryEntry> Inner)>();
        var (bytes, entries, tooDeep) = (0L, 0L, false);
        try
        {
            Enter(DirectoryHandle.Open(path));
            while (open.TryPeek(out var level) && entries <= mostEntries)
            {
                if (!level.Inner.TryPop(out var inner))
                {
                    open.Pop().Folder.Dispose();
                    continue;
                }

                if (open.Count >= MostDepth)
                {
                    tooDeep = true;
                    break;
                }

                if (level.Folder.TryOpenOnSameMount(inner.RawName, Libc.OpenReadOnly | Libc.OpenDirectory, out _) is { } handle)
                    Enter(new DirectoryHandle(handle));
            }
        }
        finally
        {
            foreach (var (folder, _) in open)
                folder.Dispose();
        }

        return new TreeSize(bytes, entries, tooDeep);

        void Enter(DirectoryHandle folder)
        {
            var folders = new Stack<DirectoryEntry>();
            open.Push((folder, folders));
            while (entries <= mostEntries && folder.Entries(AtOnce) is { Count: > 0 } some)
            {
                foreach (var entry in some)
                {
                    if (FileFacts.TryRead(folder.Number, entry.RawName) is not { } facts)
                        continue;
                    entries++;
                    bytes += facts.DiskBytes;
                    if (facts.Kind == FileKind.Directory)
                        folders.Push(entry);
                }
            }
        }
    }
}

/// <summary>What a tree takes.</summary>
/// <param name="Bytes">On disk.</param>
/// <param name="Entries">Files, folders and links.</param>
/// <param name="IsTooDeep">It was not looked into wholly.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TreeSize(long Bytes, long Entries, bool IsTooDeep);
