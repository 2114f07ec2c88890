using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Trees;

/// <summary>
/// The rules that one Directory message keeps by itself: each name is one segment and stands once in all three lists, each list is sorted by
/// the UTF-8 bytes of the names, files and directories have digests, symlinks have targets.
/// </summary>
public static class DirectoryRules
{
    /// <param name="directory">What is checked.</param>
    /// <param name="path">Where it stands, for the error; empty for the root.</param>
    /// <param name="limits">Only <see cref="TreeLimits.AllowAbsoluteSymlinks"/> matters here; null means the defaults.</param>
    /// <param name="function">What the directory itself is named by, so that its entries are too; null goes by the lengths of hashes.</param>
    /// <exception cref="InvalidTreeException">A rule is broken; the message names path, entry and rule.</exception>
    /// <exception cref="DigestFormatException">An entry's digest is absent or malformed.</exception>
    public static void Check(Reapi.Directory directory, string path, TreeLimits? limits = null, DigestFunction? function = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var seen = new HashSet<string>(directory.Files.Count + directory.Directories.Count + directory.Symlinks.Count, StringComparer.Ordinal);
        string? previous = null;
        foreach (var file in directory.Files)
        {
            CheckName(path, "files", file.Name, ref previous, seen);
            _ = Digest.FromProto(file.Digest, Shown(path, file.Name), function);
        }

        previous = null;
        foreach (var child in directory.Directories)
        {
            CheckName(path, "directories", child.Name, ref previous, seen);
            _ = Digest.FromProto(child.Digest, Shown(path, child.Name), function);
        }

        previous = null;
        foreach (var link in directory.Symlinks)
        {
            CheckName(path, "symlinks", link.Name, ref previous, seen);
            CheckTarget(Shown(path, link.Name), link.Target, (limits ?? TreeLimits.Default).AllowAbsoluteSymlinks);
        }
    }

    /// <exception cref="InvalidTreeException">The target is empty, holds NUL, or is absolute where that is not allowed.</exception>
    public static void CheckTarget(string path, string target, bool allowAbsolute)
    {
        if (string.IsNullOrEmpty(target))
            throw new InvalidTreeException($"{path}: the symlink has no target");
        if (target.Contains('\0', StringComparison.Ordinal))
            throw new InvalidTreeException($"{path}: the symlink's target contains NUL");
        if (!allowAbsolute && target[0] == '/')
            throw new InvalidTreeException($"{path}: the symlink's target {target} is absolute, which this farm does not allow; make it relative");
    }

    private static void CheckName(string path, string list, string name, ref string? previous, HashSet<string> seen)
    {
        if (TreePath.ProblemOfName(name) is { } problem)
            throw new InvalidTreeException($"{Shown(path, name.Replace('\0', '?'))}: the name in {list} {problem}");
        if (!seen.Add(name))
            throw new InvalidTreeException($"{Shown(path, name)}: the name stands twice in its directory");
        if (previous is not null && Utf8Order.Instance.Compare(previous, name) > 0)
            throw new InvalidTreeException($"{Shown(path, name)}: {list} is not sorted, it comes after {previous}; sort by the bytes of the UTF-8 names");
        previous = name;
    }

    private static string Shown(string path, string name) => TreePath.Join(path.Length == 0 ? "input root" : path, name);
}
