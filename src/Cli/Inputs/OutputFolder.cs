using BuildFarm.Digests;

namespace BuildFarm.Cli.Inputs;

/// <summary>
/// Writes below one folder and nowhere else: paths come from the farm and are not trusted. A folder on the way that is a
/// link is refused, and a file appears whole or not at all.
/// </summary>
public sealed class OutputFolder(string root)
{
    private const UnixFileMode ReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly string _root = Path.GetFullPath(root);

    /// <summary>Makes a folder and those above it.</summary>
    public void Folder(string path) => Descend(Segments(path));

    /// <summary>Starts a file; it takes its name when it is committed.</summary>
    public OutputFile Create(string path, bool executable)
    {
        var segments = Segments(path);
        var target = Path.Combine(Descend(segments[..^1]), segments[^1]);
        if (FileFacts.TryRead(target) is { Kind: FileKind.Directory })
        {
            throw FarmException.Infrastructure($"Cannot write the output {path}: {target} is a folder; remove it, or choose another --output-dir.");
        }

        return new OutputFile(target, executable ? ReadWrite | Execute : ReadWrite);
    }

    /// <summary>Makes a link, which must point to somewhere below the folder.</summary>
    public void Link(string path, string target)
    {
        var segments = Segments(path);
        var end = Path.GetFullPath(Path.Combine(_root, string.Join('/', segments[..^1]), target));
        if (Path.IsPathRooted(target) || !(end + "/").StartsWith(_root.TrimEnd('/') + "/", StringComparison.Ordinal))
        {
            throw FarmException.Infrastructure($"The output {path} is a link to {Shown(target)}, outside {_root}; refused.");
        }

        var link = Path.Combine(Descend(segments[..^1]), segments[^1]);
        if (FileFacts.TryRead(link) is { Kind: FileKind.Directory })
        {
            throw FarmException.Infrastructure($"Cannot write the output {path}: {link} is a folder; remove it, or choose another --output-dir.");
        }

        File.Delete(link);
        File.CreateSymbolicLink(link, target);
    }

    private static string Shown(string text) => Output.TaskText.Clean(text);

    private static string[] Segments(string path)
    {
        var segments = path.Split('/');
        return segments.Any(segment => segment is "" or "." or ".." || segment.Contains('\0', StringComparison.Ordinal))
            ? throw FarmException.Infrastructure($"The farm names an output '{Shown(path)}', which is no path below a folder; refused.")
            : segments;
    }

    private string Descend(string[] segments)
    {
        System.IO.Directory.CreateDirectory(_root);
        var folder = _root;
        foreach (var segment in segments)
        {
            folder = Path.Combine(folder, segment);
            switch (FileFacts.TryRead(folder)?.Kind)
            {
                case null:
                    System.IO.Directory.CreateDirectory(folder);
                    break;
                case FileKind.Directory:
                    break;
                default:
                    throw FarmException.Infrastructure($"Cannot write outputs below {folder}: it is a link or a file; remove it, or choose another --output-dir.");
            }
        }

        return folder;
    }
}

/// <summary>A file on its way: under another name until its bytes are verified.</summary>
public sealed class OutputFile : IAsyncDisposable
{
    private readonly string _target;
    private readonly string _part;
    private readonly FileStream _file;
    private readonly DigestBuilder _digest = new();
    private bool _committed;

    internal OutputFile(string target, UnixFileMode mode)
    {
        _target = target;
        _part = $"{target}.{Guid.NewGuid():N}.part";
        _file = new FileStream(_part, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = mode,
            BufferSize = 0,
        });
    }

    /// <summary>Appends.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        _digest.Append(bytes.Span);
        await _file.WriteAsync(bytes, cancellationToken);
    }

    /// <summary>Gives the file its name, in place of what had it.</summary>
    /// <exception cref="FarmException">The bytes are not those of the digest.</exception>
    public void Commit(Digest expected)
    {
        _file.Dispose();
        if (_digest.Finish() != expected)
        {
            throw FarmException.Infrastructure($"The output {_target} did not arrive as it was made; run the command again.");
        }

        File.Move(_part, _target, overwrite: true);
        _committed = true;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        _digest.Dispose();
        if (!_committed)
        {
            File.Delete(_part);
        }
    }
}
