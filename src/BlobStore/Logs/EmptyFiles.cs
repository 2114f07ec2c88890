using BuildFarm.BlobStore.Disk;

namespace BuildFarm.BlobStore.Logs;

/// <summary>
/// Makes files without a byte: one, and then further names of it. A name costs no inode, and making inodes is most of what the streams of a
/// short task cost.
/// </summary>
internal sealed class EmptyFiles
{
    // Each name shows the age of the file that all of them are; file systems allow some ten thousand.
    private const int NamesEach = 1000;

    private readonly Lock _lock = new();
    private string? _source;
    private int _names;

    /// <summary>Makes one, and the folder for it where it is missing.</summary>
    /// <exception cref="IOException">The name is taken, or the system refuses.</exception>
    public void Create(string path)
    {
        lock (_lock)
        {
            if (_source is not null && _names < NamesEach && TryLink(_source, path))
            {
                _names++;
                return;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write).Dispose();
            _source = path;
            _names = 1;
        }
    }

    // The one whose names the others are may have been evicted like any other.
    private static bool TryLink(string source, string path)
    {
        for (var madeFolder = false; ; madeFolder = true)
        {
            try
            {
                return NativeFile.TryLink(source, path);
            }
            catch (FileNotFoundException)
            {
                if (madeFolder || !File.Exists(source))
                {
                    return false;
                }

                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            }
        }
    }
}
