using System.Buffers;
using System.Text;

namespace BuildFarm.Digests.Trees;

/// <summary>Rules of names and paths in a tree: segments separated by <c>/</c>, relative to the root, never leaving it.</summary>
public static class TreePath
{
    private static readonly SearchValues<char> NeverInName = SearchValues.Create("/\0");

    /// <summary>Why a name cannot be one segment of a path, or null when it can.</summary>
    public static string? ProblemOfName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty)
            return "is empty";
        if (name is "." or "..")
            return "is reserved";
        if (name.ContainsAny(NeverInName))
            return "contains / or NUL";
        return IsWellFormed(name) ? null : "has no UTF-8 form";
    }

    /// <summary>Takes a path apart. The empty path has no segments.</summary>
    /// <exception cref="InvalidTreeException">The path is absolute, or a segment is no name.</exception>
    public static string[] Split(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0)
            return [];
        if (path[0] == '/')
            throw new InvalidTreeException($"\"{path}\" is absolute; paths in a tree are relative to its root");
        var segments = path.Split('/');
        foreach (var segment in segments)
        {
            if (ProblemOfName(segment) is { } problem)
                throw new InvalidTreeException($"\"{path.Replace('\0', '?')}\": the segment \"{segment.Replace('\0', '?')}\" {problem}");
        }

        return segments;
    }

    /// <summary>Puts a path below a folder; either may be empty.</summary>
    public static string Join(string folder, string path) =>
        string.IsNullOrEmpty(folder) ? path : string.IsNullOrEmpty(path) ? folder : $"{folder}/{path}";

    private static bool IsWellFormed(ReadOnlySpan<char> name)
    {
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(name, out _, out var consumed) != OperationStatus.Done)
                return false;
            name = name[consumed..];
        }

        return true;
    }
}
