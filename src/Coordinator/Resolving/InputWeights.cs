using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>
/// How much lies in the directories of one walk over inputs, and where most of it lies: what many tasks share though the roots of
/// their inputs differ, a toolchain beside one source file. Not safe for several threads.
/// </summary>
public sealed class InputWeights
{
    /// <summary>Directories of one walk; of larger ones nothing is told, so that the walk itself stays the larger part.</summary>
    public const int MostDirectories = 50_000;

    private readonly Dictionary<Digest, Part> _parts = [];
    private bool _tooMany;

    /// <summary>A directory was read.</summary>
    public void Note(Digest digest, Directory directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        _tooMany |= _parts.Count >= MostDirectories;
        if (_tooMany)
        {
            return;
        }

        var files = 0L;
        foreach (var file in directory.Files)
        {
            files = Add(files, file.Digest?.SizeBytes ?? 0);
        }

        _parts[digest] = new Part(files, [.. directory.Directories.Select(child => Digest.FromProto(child.Digest, child.Name, digest.Function))]);
    }

    /// <summary>
    /// The deepest directory that still holds more than half of all bytes below a root; the root itself when they are spread. Null when
    /// part of the tree was not noted.
    /// </summary>
    public Digest? FindCore(Digest root)
    {
        if (_tooMany || Weigh(root) is not { } all)
        {
            return null;
        }

        var (core, found) = (root, true);
        while (found)
        {
            found = false;
            foreach (var child in _parts[core].Children)
            {
                if (WeightOf(child) > all / 2)
                {
                    (core, found) = (child, true);
                    break;
                }
            }
        }

        return core;
    }

    /// <summary>Children before their parents, without recursion: a client says how deep its tree is.</summary>
    private long? Weigh(Digest root)
    {
        var open = new Stack<(Digest Digest, bool ChildrenAreKnown)>([(root, false)]);
        while (open.TryPop(out var next))
        {
            if (!_parts.TryGetValue(next.Digest, out var part))
            {
                if (!next.Digest.IsEmptyBlob)
                {
                    return null;
                }
            }
            else if (next.ChildrenAreKnown)
            {
                part.Weight = part.Children.Aggregate(part.Files, (sum, child) => Add(sum, WeightOf(child)));
            }
            else if (part.Weight < 0)
            {
                open.Push((next.Digest, true));
                foreach (var child in part.Children)
                {
                    open.Push((child, false));
                }
            }
        }

        return WeightOf(root);
    }

    private long WeightOf(Digest directory) => _parts.TryGetValue(directory, out var part) ? Math.Max(part.Weight, 0) : 0;

    private static long Add(long left, long right) => left > long.MaxValue - right ? long.MaxValue : left + Math.Max(right, 0);

    private sealed class Part(long files, Digest[] children)
    {
        public long Files { get; } = files;

        public Digest[] Children { get; } = children;

        /// <summary>Of everything below, as laid out; -1 before it is known.</summary>
        public long Weight { get; set; } = -1;
    }
}
