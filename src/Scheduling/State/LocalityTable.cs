using System.Runtime.InteropServices;

namespace BuildFarm.Scheduling.State;

/// <summary>
/// The locality keys of executions, each distinct set once: a job of a million tasks over one tree has one, and an execution names it by
/// a number that fits where memory would lie idle.
/// </summary>
internal sealed class LocalityTable
{
    private readonly Dictionary<LocalityKeys, int> _numbers = [];
    private readonly List<(LocalityKeys Keys, int Uses)> _sets = [default];
    private readonly Stack<int> _free = new();

    /// <summary>How many sets are in use.</summary>
    public int Count => _numbers.Count;

    /// <summary>The keys behind a number; none behind 0.</summary>
    public LocalityKeys this[int number] => _sets[number].Keys;

    /// <summary>How many executions name it.</summary>
    public int UsesOf(int number) => _sets[number].Uses;

    /// <summary>The number of these keys for one more execution; 0 for none.</summary>
    public int Take(LocalityKeys keys)
    {
        if (keys.IsEmpty)
        {
            return 0;
        }

        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, keys, out var known);
        if (!known && !_free.TryPop(out number))
        {
            number = _sets.Count;
            _sets.Add(default);
        }

        _sets[number] = (keys, _sets[number].Uses + 1);
        return number;
    }

    /// <summary>An execution that had this number is gone.</summary>
    public void Drop(int number)
    {
        if (number == 0)
        {
            return;
        }

        var (keys, uses) = _sets[number];
        _sets[number] = uses == 1 ? default : (keys, uses - 1);
        if (uses == 1)
        {
            _numbers.Remove(keys);
            _free.Push(number);
        }
    }
}
