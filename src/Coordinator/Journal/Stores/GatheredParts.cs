namespace BuildFarm.Coordinator.Journal.Stores;

/// <summary>Puts records together again that lie over several parts of a snapshot.</summary>
internal sealed class GatheredParts
{
    private readonly List<ReadOnlyMemory<byte>> _waiting = [];
    private long _waitingBytes;

    /// <summary>Whether everything that was added has been given back.</summary>
    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Takes the next part.</summary>
    /// <returns>Whole records, or nothing while the first of them is not whole yet.</returns>
    public ReadOnlyMemory<byte> Add(ReadOnlyMemory<byte> part)
    {
        _waiting.Add(part);
        _waitingBytes += part.Length;
        if (RecordBlock.LengthOfFirst(_waiting[0].Span) > _waitingBytes)
        {
            return default;
        }

        var gathered = _waiting[0];
        if (_waiting.Count > 1)
        {
            var joined = new byte[_waitingBytes];
            var at = 0;
            foreach (var one in _waiting)
            {
                one.CopyTo(joined.AsMemory(at));
                at += one.Length;
            }

            gathered = joined;
        }

        _waiting.Clear();
        _waitingBytes = 0;
        var whole = RecordBlock.LengthOfWhole(gathered.Span);
        if (whole < gathered.Length)
        {
            _waiting.Add(gathered[whole..]);
            _waitingBytes = gathered.Length - whole;
        }

        return gathered[..whole];
    }
}
