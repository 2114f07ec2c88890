using System.Formats.Tar;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Roots.Images;

/// <summary>
/// The root that layers are laid into. Folders are opened from the root's handle by the kernel, which takes a link in an image as one within
/// that image; what is added goes by its name into an open folder and follows nothing.
/// </summary>
/// <param name="folder">An empty folder.</param>
/// <param name="hostIdBase">The first of the host's ids that containers map: an image's owners are seen inside as what they are.</param>
internal sealed class LayerTree(string folder, uint hostIdBase) : IDisposable
{
    private const uint MappedIds = 65536;
    private const uint Nobody = 65534;
    private const uint DefaultFolderMode = 0x1ED;
    private const UnixFileMode Permissions = (UnixFileMode)0x1FF;

    private readonly DirectoryHandle _root = DirectoryHandle.Open(folder);
    private readonly HashSet<string> _ofThisLayer = new(StringComparer.Ordinal);

    // Most entries are in the folder of the one before.
    private (string Path, DirectoryHandle Handle)? _latest;

    public void BeginLayer() => _ofThisLayer.Clear();

    public void AddFolder(LayerPath path, TarEntry entry)
    {
        if (path.Name.Length == 0)
        {
            return;
        }

        var parent = Note(path);
        if (!IsFolder(parent, path.Name))
        {
            Clear(parent, path);
            parent.Create(path.Name, DefaultFolderMode).Dispose();
        }

        Own(parent, path.Name, entry);
        parent.ChangeMode(path.Name, (uint)(entry.Mode & Permissions));
    }

    public async Task AddFileAsync(LayerPath path, TarEntry entry, CancellationToken cancellationToken)
    {
        var parent = Note(path);
        Clear(parent, path);
        using var file = File.OpenHandle($"{parent.ProcessPath}/{path.Name}", FileMode.CreateNew, FileAccess.Write);
        if (entry.DataStream is { } content)
        {
            await using var target = new FileStream(file, FileAccess.Write, bufferSize: 0);
            await content.CopyToAsync(target, cancellationToken);
            Finish();
        }
        else
        {
            Finish();
        }

        void Finish()
        {
            Own(parent, path.Name, entry);
            File.SetUnixFileMode(file, entry.Mode & Permissions);
            File.SetLastWriteTimeUtc(file, entry.ModificationTime.UtcDateTime);
        }
    }

    public void AddSymbolicLink(LayerPath path, TarEntry entry)
    {
        var parent = Note(path);
        Clear(parent, path);
        parent.CreateSymbolicLink(path.Name, entry.LinkName);
        Own(parent, path.Name, entry);
    }

    public void AddHardLink(LayerPath path, LayerPath existing)
    {
        using var source = TryOpenFolder(existing.Parent) ?? throw Missing(existing);
        var parent = Note(path);
        Clear(parent, path);
        if (existing.Name.Length == 0 || !parent.TryLink(source, existing.Name, path.Name))
        {
            throw Missing(existing);
        }
    }

    /// <summary>Takes something of a lower layer away.</summary>
    public void Remove(string parent, string name)
    {
        if (TryOpenFolder(parent) is { } open)
        {
            using (open)
            {
                Forget();
                TreeRemover.Remove($"{open.ProcessPath}/{name}");
            }
        }
    }

    /// <summary>Takes everything of lower layers in a folder away.</summary>
    public void HideLower(string parent)
    {
        if (TryOpenFolder(parent) is { } open)
        {
            using (open)
            {
                Forget();
                foreach (var entry in open.Entries(int.MaxValue))
                {
                    var name = entry.Name ?? throw new InvalidImageException("a name in it is not UTF-8");
                    if (!_ofThisLayer.Contains(parent.Length == 0 ? name : $"{parent}/{name}"))
                    {
                        TreeRemover.Remove($"{open.ProcessPath}/{name}");
                    }
                }
            }
        }
    }

    public void Dispose()
    {
        Forget();
        _root.Dispose();
    }

    private static bool IsFolder(DirectoryHandle parent, string name)
    {
        using var open = parent.TryOpenBeneath(name, Libc.OpenReadOnly | Libc.OpenDirectory, out _);
        return open is not null;
    }

    private static InvalidImageException Missing(LayerPath path) => new($"a layer links to \"{path.Whole}\", which is no file in it");

    /// <summary>What has the name gives way.</summary>
    private static void Clear(DirectoryHandle parent, LayerPath path)
    {
        if (path.Name.Length == 0)
        {
            throw new InvalidImageException("a layer has something else than a folder as its root");
        }

        TreeRemover.Remove($"{parent.ProcessPath}/{path.Name}");
    }

    /// <summary>The folder of an entry of this layer, made when it is not there.</summary>
    private DirectoryHandle Note(LayerPath path)
    {
        for (var whole = path.Whole; whole.Length > 0 && _ofThisLayer.Add(whole);)
        {
            whole = whole.LastIndexOf('/') is > 0 and var slash ? whole[..slash] : "";
        }

        if (_latest is { } latest && string.Equals(latest.Path, path.Parent, StringComparison.Ordinal))
        {
            return latest.Handle;
        }

        Forget();
        _latest = (path.Parent, OpenOrMake(path.Parent));
        return _latest.Value.Handle;
    }

    private DirectoryHandle OpenOrMake(string path)
    {
        if (TryOpenFolder(path) is { } there)
        {
            return there;
        }

        var parsed = LayerPath.Parse(path);
        using var above = OpenOrMake(parsed.Parent);
        // A file may be in the way, or a link that leads nowhere.
        TreeRemover.Remove($"{above.ProcessPath}/{parsed.Name}");
        var made = above.Create(parsed.Name, DefaultFolderMode);
        above.ChangeOwner(parsed.Name, hostIdBase, hostIdBase);
        return made;
    }

    private DirectoryHandle? TryOpenFolder(string path) => _root.TryOpenFolderInRoot(path);

    private void Forget()
    {
        _latest?.Handle.Dispose();
        _latest = null;
    }

    private void Own(DirectoryHandle parent, string name, TarEntry entry) => parent.ChangeOwner(name, HostId(entry.Uid), HostId(entry.Gid));

    private uint HostId(int id) => hostIdBase + (id is >= 0 and < (int)MappedIds ? (uint)id : Nobody);
}
