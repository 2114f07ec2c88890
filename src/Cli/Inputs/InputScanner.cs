using System.IO.Enumeration;
using BuildFarm.Hosting.Local;

namespace BuildFarm.Cli.Inputs;

/// <summary>
/// Lists what a folder would send: everything but <c>.git</c>, what its ignore files name, and folders that are the farm's
/// own. Empty folders are kept, since commands may want to write there; links are kept as links. A pipe, a socket or a device
/// cannot travel and is an error unless it is ignored: a command that misses it would fail elsewhere in another way.
/// </summary>
public static class InputScanner
{
    /// <summary>The most entries that travel as one input; a worker refuses more.</summary>
    public const int MaxEntries = 500_000;

    private static readonly EnumerationOptions EveryName = new()
    {
        AttributesToSkip = FileAttributes.None,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
        IgnoreInaccessible = false,
    };

    /// <summary>Reads the folder, depth first.</summary>
    /// <exception cref="FarmException">It is not there, cannot be read, or holds more than <see cref="MaxEntries"/> entries.</exception>
    public static IReadOnlyList<InputEntry> Scan(string root, CancellationToken cancellationToken)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (!Directory.Exists(full))
        {
            throw FarmException.Usage($"The input folder {root} does not exist; name one with --input DIR, or none with --no-input.");
        }

        var (rules, prefix) = RulesFromAbove(full);
        var entries = new List<InputEntry>();
        try
        {
            ScanFolder(full, string.Empty, prefix, rules, entries, cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FarmException.Usage($"Cannot read the input folder {root}: {error.Message} Make it readable, or name the path in .farmignore.", error);
        }

        return entries;
    }

    /// <summary>
    /// One path of the folder by its own name, whatever the ignore files above it say; everything below it when it is a
    /// folder. Empty when nothing is there.
    /// </summary>
    public static IReadOnlyList<InputEntry> ScanNamed(string root, string path, CancellationToken cancellationToken)
    {
        var named = path.TrimEnd('/');
        named = named.StartsWith("./", StringComparison.Ordinal) ? named[2..] : named;
        var disk = Path.Combine(root, named);
        if (FileFacts.TryRead(disk) is not { } facts)
        {
            return [];
        }

        RefuseSpecial(disk, facts.Kind);
        var entries = new List<InputEntry> { new(named, facts, facts.Kind == FileKind.Symlink ? new FileInfo(disk).LinkTarget : null) };
        if (facts.Kind == FileKind.Directory)
        {
            ScanFolder(disk, named, string.Empty, IgnoreRules.None, entries, cancellationToken);
        }

        return entries;
    }

    private static void ScanFolder(
        string disk, string folder, string prefix, IgnoreRules outer, List<InputEntry> entries, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var names = Names(disk);
        if (folder.Length > 0 && names.Contains(FarmFolderTag.FileName) && FarmFolderTag.IsOn(disk))
        {
            entries.RemoveAt(entries.Count - 1);
            return;
        }

        var rules = outer.Enter(disk, (prefix + folder).TrimEnd('/'));
        foreach (var name in names)
        {
            var path = folder.Length == 0 ? name : $"{folder}/{name}";
            var onDisk = Path.Combine(disk, name);

            // Bytes that are no UTF-8 became this character, so the name leads to no file any more.
            if (name.Contains('\uFFFD', StringComparison.Ordinal) && !rules.IsIgnored(prefix + path, isDirectory: false))
            {
                throw FarmException.Usage($"The name of {onDisk} is not UTF-8 and cannot travel; rename it, or name it in .farmignore.");
            }

            // What vanished between the listing and now was not there.
            if (name == ".git" || FileFacts.TryRead(onDisk) is not { } facts || rules.IsIgnored(prefix + path, facts.Kind == FileKind.Directory))
            {
                continue;
            }

            RefuseSpecial(onDisk, facts.Kind);
            if (entries.Count == MaxEntries)
            {
                throw FarmException.Usage(
                    $"The input folder has more than {MaxEntries} entries; leave some out with .farmignore, or choose a smaller folder with --input DIR.");
            }

            entries.Add(new InputEntry(path, facts, facts.Kind == FileKind.Symlink ? new FileInfo(onDisk).LinkTarget ?? string.Empty : null));
            if (facts.Kind == FileKind.Directory)
            {
                ScanFolder(onDisk, path, prefix, rules, entries, cancellationToken);
            }
        }
    }

    private static void RefuseSpecial(string disk, FileKind kind)
    {
        var what = kind switch
        {
            FileKind.Pipe => "a named pipe",
            FileKind.Socket => "a socket",
            FileKind.Device => "a device",
            _ => null,
        };
        if (what is not null)
        {
            throw FarmException.Usage($"{disk} is {what}, which cannot travel; remove it, or name it in .farmignore.");
        }
    }

    private static List<string> Names(string disk)
    {
        var names = new FileSystemEnumerable<string>(disk, static (ref FileSystemEntry entry) => entry.FileName.ToString(), EveryName).ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    // Inside a git work tree the ignore files between its top and the folder hold too. Returns them, and the path from
    // the top to the folder with a slash at its end.
    private static (IgnoreRules Rules, string Prefix) RulesFromAbove(string full)
    {
        var top = full;
        while (!Path.Exists(Path.Combine(top, ".git")))
        {
            if (Path.GetDirectoryName(top) is not { } parent)
            {
                return (IgnoreRules.None, string.Empty);
            }

            top = parent;
        }

        var rules = IgnoreRules.None;
        var exclude = Path.Combine(top, ".git", "info", "exclude");
        if (File.Exists(exclude))
        {
            rules = rules.With(IgnoreRules.Parse(File.ReadAllText(exclude)), string.Empty);
        }

        if (full.Length == top.Length)
        {
            return (rules, string.Empty);
        }

        var below = full[(top.Length + (top == "/" ? 0 : 1))..];
        var folder = string.Empty;
        foreach (var segment in below.Split('/'))
        {
            rules = rules.Enter(Path.Combine(top, folder), folder);
            folder = folder.Length == 0 ? segment : $"{folder}/{segment}";
        }

        return (rules, below + "/");
    }
}
