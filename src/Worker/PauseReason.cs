namespace BuildFarm.Worker;

/// <summary>
/// Why no tasks are taken for now: one line, empty when they are. It is told in the order of its changes, and at once to whoever begins
/// to listen while there is one. Who changes it, or comes second with the same, goes on when it has been told.
/// </summary>
internal sealed class PauseReason
{
    // Held while it is told, which is what all of that rests on.
    private readonly Lock _gate = new();
    private Action<string>? _changed;
    private string _text = "";

    /// <summary>Raised with every change, under a lock: a listener must not wait for another thread that changes it.</summary>
    public event Action<string>? Changed
    {
        add
        {
            lock (_gate)
            {
                _changed += value;
                if (_text.Length > 0)
                    value?.Invoke(_text);
            }
        }
        remove
        {
            lock (_gate)
                _changed -= value;
        }
    }

    /// <summary>What it is now.</summary>
    public string Text
    {
        get
        {
            lock (_gate)
                return _text;
        }
    }

    /// <summary>Changes it.</summary>
    /// <param name="next">Given what it is, says what it becomes; nothing else changes it meanwhile.</param>
    /// <returns>What it has become; null when it was that before.</returns>
    public string? Change(Func<string, string> next)
    {
        lock (_gate)
        {
            var text = next(_text);
            if (string.Equals(text, _text, StringComparison.Ordinal))
                return null;
            _text = text;
            _changed?.Invoke(text);
            return text;
        }
    }
}
