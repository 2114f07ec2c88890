using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Packs;

/// <summary>What a start reads, and who writes it.</summary>
internal sealed partial class PackedBlobs
{
    // Entries of so many packs are gathered in one walk over the table: some ten MB.
    private const int PacksAtOnce = 16;

    // Up to here a start reads what no list covers before the first answer; the rest comes behind.
    private const long ScannedAtStart = 64 << 20;

    private readonly Channel<bool> _rolled = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _lists;

    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when every record on the disk is known: at once, unless lists were lost.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>Writes every list that is older than what the table says.</summary>
    public void WriteLists(bool ofFullPacksAlone = false)
    {
        lock (_maintenance)
        {
            var changed = _packs.OfType<PackFile>().Where(pack => (!ofFullPacksAlone || (pack != _active && !File.Exists(pack.ListPath))) && pack.TakeChange());
            foreach (var group in changed.ToList().Chunk(PacksAtOnce))
            {
                // Before the walk: what is appended meanwhile is not covered.
                var covered = Array.ConvertAll(group, pack => pack.Length);
                var entries = EntriesOf(group);
                for (var i = 0; i < group.Length; i++)
                {
                    var listed = entries[group[i].Slot].FindAll(entry => entry.Offset < covered[i]);
                    PackList.Write(_directory.NewTemporaryPath(), group[i].ListPath, covered[i], System.Runtime.InteropServices.CollectionsMarshal.AsSpan(listed));
                }
            }
        }
    }

    private Dictionary<int, List<PackEntry>> EntriesOf(PackFile[] packs)
    {
        var entries = packs.ToDictionary(pack => pack.Slot, _ => new List<PackEntry>());
        _table.ForEach((in PackEntry entry) =>
        {
            if (entries.TryGetValue(entry.Slot, out var list))
            {
                list.Add(entry);
            }
        });
        return entries;
    }

    /// <returns>Packs with records that no list covers, and from where on, too many to read now.</returns>
    private List<(PackFile Pack, long From)> Load()
    {
        foreach (var path in Directory.EnumerateFiles(_root, "*.list").Where(path => !File.Exists(Path.ChangeExtension(path, "pack"))))
        {
            File.Delete(path);
        }

        var numbers = Directory.EnumerateFiles(_root, "*.pack")
            .Select(path => long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number) ? number : -1)
            .Where(number => number >= 0)
            .Order();
        var packs = new List<PackFile>();
        foreach (var number in numbers)
        {
            var slot = FreeSlot();
            var pack = PackFile.Open(Path.Combine(_root, $"{number:x8}.pack"), number, slot);
            _packs[slot] = pack;
            _usedBytes += pack.Length;
            _nextNumber = number + 1;
            packs.Add(pack);
        }

        _table.Reserve(Math.Min(_options.MaxBlobs, PackList.CountOf(packs.Sum(static pack => new FileInfo(pack.ListPath) is { Exists: true } list ? list.Length : 0))));
        var covered = new long[packs.Count];
        Parallel.For(0, packs.Count, i => covered[i] = LoadList(packs[i]));
        var unlisted = new List<(PackFile, long)>();
        long scanned = 0;
        for (var i = packs.Count - 1; i >= 0; i--)
        {
            var rest = packs[i].Length - covered[i];
            scanned += rest;
            if (rest > 0 && scanned > ScannedAtStart && i < packs.Count - 1)
            {
                unlisted.Add((packs[i], covered[i]));
                continue;
            }

            var end = rest > 0 ? Scan(packs[i], covered[i]) : packs[i].Length;
            if (i == packs.Count - 1)
            {
                GoOnWith(packs[i], end);
            }
        }

        return unlisted;
    }

    // The torn end of what was being written is dropped.
    private void GoOnWith(PackFile newest, long end)
    {
        if (end < newest.Length)
        {
            _usedBytes -= newest.Length - end;
            newest.Length = end;
            RandomAccess.SetLength(newest.Handle, end);
            newest.NoteChange();
        }

        if (end % PackFormat.Alignment == 0)
        {
            _active = newest;
        }
    }

    private long LoadList(PackFile pack)
    {
        if (PackList.Read(pack.ListPath, out var covered) is not { } entries || covered > pack.Length)
        {
            // None, or of a pack that lost its end in a power failure: the records say what is there.
            File.Delete(pack.ListPath);
            return 0;
        }

        pack.Count(_table.AddAll(entries, (ushort)pack.Slot, covered));
        pack.TakeChange();
        return covered;
    }

    private long Scan(PackFile pack, long from)
    {
        var written = (uint)new DateTimeOffset(File.GetLastWriteTimeUtc(pack.Path)).ToUnixTimeSeconds();
        return PackScan.Run(pack, from, (key, offset) =>
        {
            var entry = new PackEntry(key, pack.Slot, offset, written);
            if (_table.TryAdd(entry))
            {
                pack.Count(entry.RecordBytes);
            }
        });
    }

    private async Task KeepListsAsync(List<(PackFile Pack, long From)> unlisted)
    {
        foreach (var (pack, from) in unlisted.TakeWhile(_ => !_stop.IsCancellationRequested))
        {
            lock (_maintenance)
            {
                // One that was copied together meanwhile has lost what nobody knew of.
                if (_packs[pack.Slot] == pack)
                {
                    Scan(pack, from);
                }
            }
        }

        _loaded.TrySetResult();
        var tick = Delay();
        while (!_stop.IsCancellationRequested)
        {
            var full = _rolled.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            if (await Task.WhenAny(full, tick) == full)
            {
                _rolled.Reader.TryRead(out _);
                Guarded(() => WriteLists(ofFullPacksAlone: true));
            }
            else
            {
                Guarded(CompactInPassing);
                Guarded(() => WriteLists());
                tick = Delay();
            }
        }

        Guarded(() => WriteLists());
    }

    // Not cancelled: what awaits it looks at the token.
    private Task<Task> Delay() => Task.WhenAny(Task.Delay(_options.ListInterval, _time, _stop.Token));

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNoList(_root, e.Message);
        }
    }

    [LoggerMessage(EventId = 232, Level = LogLevel.Warning, Message = "the packs of {Root} could not be tidied: {Problem}; a start reads what has no list")]
    private partial void LogNoList(string root, string problem);
}
