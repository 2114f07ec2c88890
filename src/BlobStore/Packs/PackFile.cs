using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Packs;

/// <summary>One pack: a file that only grows, until it is copied together and removed.</summary>
internal sealed class PackFile : IDisposable
{
    private long _length;
    private long _liveBytes;
    private int _changed;

    private PackFile(string path, long number, int slot, SafeFileHandle handle)
    {
        Path = path;
        Number = number;
        Slot = slot;
        Handle = handle;
        _length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    /// <summary>The list of its entries, beside it.</summary>
    public string ListPath => System.IO.Path.ChangeExtension(Path, "list");

    /// <summary>Packs are numbered as they are made.</summary>
    public long Number { get; }

    /// <summary>Its index among the open ones.</summary>
    public int Slot { get; }

    public SafeFileHandle Handle { get; }

    /// <summary>Where the next record goes. Changed by who appends alone.</summary>
    public long Length
    {
        get => Volatile.Read(ref _length);
        set => Volatile.Write(ref _length, value);
    }

    /// <summary>Bytes of records that the table knows.</summary>
    public long LiveBytes => Volatile.Read(ref _liveBytes);

    /// <summary>Bytes that a removal of this pack would give back.</summary>
    public long DeadBytes => Length - LiveBytes;

    public static PackFile Open(string path, long number, int slot) =>
        new(path, number, slot, File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

    /// <summary>Counts a record that the table has got, or lost.</summary>
    public void Count(long bytes)
    {
        Interlocked.Add(ref _liveBytes, bytes);
        NoteChange();
    }

    /// <summary>Its list on the disk is older than what the table says.</summary>
    public void NoteChange()
    {
        // Mostly it is noted already, and a write would take the line from the other cores.
        if (Volatile.Read(ref _changed) == 0)
        {
            Volatile.Write(ref _changed, 1);
        }
    }

    /// <summary>Whether the list is older; from now on it counts as new.</summary>
    public bool TakeChange() => Interlocked.Exchange(ref _changed, 0) != 0;

    /// <summary>Fills the buffer; fewer bytes only at the end of the file.</summary>
    public int Read(long offset, Span<byte> buffer)
    {
        var done = 0;
        int read;
        while (done < buffer.Length && (read = RandomAccess.Read(Handle, buffer[done..], offset + done)) > 0)
        {
            done += read;
        }

        return done;
    }

    /// <summary>Removes it from the disk.</summary>
    public void Remove()
    {
        File.Delete(ListPath);
        File.Delete(Path);
        Handle.Dispose();
    }

    public void Dispose() => Handle.Dispose();
}
