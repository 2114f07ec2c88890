using System.Security.Cryptography;
using System.Text;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Execution.Guards;
using BuildFarm.Worker.Native;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker.Homes;

/// <summary>
/// The homes that this worker keeps by name, a folder each. The farm's exclusive names see to it that one task has a home at a time;
/// a second one here is refused. Those that are too large, too old or too many go.
/// </summary>
internal sealed partial class KeptHomes
{
    private const uint OwnerOnly = 0x1C0;
    private const string Marker = "name";
    private const string Content = "home";
    private const int IdDigits = 16;

    private readonly string _directory;
    private readonly TaskOwner _owner;
    private readonly KeptHomeLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _inUse = new(StringComparer.Ordinal);

    /// <param name="directory">A folder of their own, which outlives the worker.</param>
    /// <param name="owner">Whose the homes are.</param>
    /// <param name="limits">What is kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told what goes.</param>
    public KeptHomes(string directory, TaskOwner owner, KeptHomeLimits limits, TimeProvider time, ILogger logger)
    {
        (_directory, _owner, _limits, _time, _logger) = (directory, owner, limits, time, logger);
        Directory.CreateDirectory(directory);
        RemoveOld();
    }

    /// <summary>Raised, outside any lock, when <see cref="List"/> has changed.</summary>
    public event Action? Changed;

    /// <summary>What is kept now.</summary>
    public IReadOnlyList<KeptHomeNote> List() =>
        [.. Directory.GetDirectories(_directory).Select(static folder => KeptHomeNote.TryRead(Path.Combine(folder, Marker))).OfType<KeptHomeNote>()];

    /// <summary>
    /// Removes the homes of these ids that no task has. They are gone from the list when this returns; their files go meanwhile, and what a worker
    /// that is killed leaves of them goes as too old.
    /// </summary>
    /// <returns>Whether any is gone by this.</returns>
    /// <exception cref="IOException">One cannot be taken away.</exception>
    public bool Remove(IReadOnlyCollection<string> ids)
    {
        var gone = false;
        foreach (var folder in Directory.GetDirectories(_directory))
        {
            if (KeptHomeNote.TryRead(Path.Combine(folder, Marker)) is not { } note || !ids.Contains(note.Id) || !TryClaim(Path.GetFileName(folder)))
                continue;
            try
            {
                // Under another name it is in nobody's way, so a task that wants the home meanwhile gets a fresh one.
                var aside = $"removed-{note.Id}";
                TryClaim(aside);
                Directory.Move(folder, Path.Combine(_directory, aside));
                File.Delete(Path.Combine(_directory, aside, Marker));
                LogAskedFor(note.Name, note.UsedAt);
                _ = Task.Run(() => RemoveAside(aside));
                gone = true;
            }
            finally
            {
                Forget(Path.GetFileName(folder));
            }
        }

        if (gone)
            Changed?.Invoke();
        return gone;
    }

    /// <summary>The home of a name, made when there is none.</summary>
    /// <param name="instance">Homes of other instances are others.</param>
    /// <param name="name">Any text; no part of a path.</param>
    /// <param name="renew">What was kept is removed first.</param>
    /// <exception cref="IOException">Another task has it, or it cannot be made.</exception>
    public TaskHome Take(string instance, string name, bool renew)
    {
        // Names come from others, so none of their characters is in a path; the length keeps the two apart.
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{instance.Length}\n{instance}\n{name}")));
        if (!TryClaim(key))
            throw new IOException($"the kept home {name} is in use by another task of this worker");

        try
        {
            var folder = Path.Combine(_directory, key);
            if (renew)
                TreeRemover.Remove(folder);
            Make(folder, instance, name);
            Changed?.Invoke();
            var home = Path.Combine(folder, Content);
            return new KeptHome(home, new DiskGuard("its kept home", [home], _limits.AsLimits(), _time), () => GiveBack(key, name));
        }
        catch
        {
            Forget(key);
            throw;
        }
    }

    private void Make(string folder, string instance, string name)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var marker = Path.Combine(folder, Marker);
        var note = KeptHomeNote.TryRead(marker) ?? new KeptHomeNote(instance, name, RandomNumberGenerator.GetHexString(IdDigits, lowercase: true), Bytes: 0);
        (note with { UsedAt = _time.GetUtcNow() }).Write(marker);
        if (Directory.Exists(Path.Combine(folder, Content)))
            return;
        using var parent = DirectoryHandle.Open(folder);
        parent.Create(Content).Dispose();
        parent.ChangeMode(Content, OwnerOnly);
        parent.ChangeOwner(Content, _owner.UserId, _owner.UserId);
    }

    private void GiveBack(string key, string name)
    {
        try
        {
            var folder = Path.Combine(_directory, key);
            var size = TreeMeter.Measure(Path.Combine(folder, Content), _limits.Files);
            // One that is too large would end the next task too.
            if (size.IsTooDeep || size.Bytes > _limits.Bytes || size.Entries > _limits.Files)
            {
                TreeRemover.Remove(folder);
                LogTooLarge(name, _limits.Bytes, _limits.Files);
            }
            else if (KeptHomeNote.TryRead(Path.Combine(folder, Marker)) is { } note)
            {
                (note with { Bytes = size.Bytes }).Write(Path.Combine(folder, Marker));
            }

            RemoveOld();
        }
        catch (IOException e)
        {
            LogStays(name, e.Message);
        }
        finally
        {
            Forget(key);
        }

        Changed?.Invoke();
    }

    private void RemoveAside(string name)
    {
        try
        {
            TreeRemover.Remove(Path.Combine(_directory, name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogStays(name, e.Message);
        }
        finally
        {
            Forget(name);
        }
    }

    /// <summary>False when a task has it, or it is being removed.</summary>
    private bool TryClaim(string key)
    {
        lock (_gate)
        {
            return _inUse.Add(key);
        }
    }

    private void Forget(string key)
    {
        lock (_gate)
        {
            _inUse.Remove(key);
        }
    }

    /// <summary>Those that nobody has used for long, and the longest unused of too many.</summary>
    private void RemoveOld()
    {
        var oldest = _time.GetUtcNow() - _limits.Age;
        var homes = Directory.GetDirectories(_directory)
            .Select(static folder => (Folder: folder, Used: LastUse(folder)))
            .OrderByDescending(static home => home.Used)
            .ToList();
        foreach (var (folder, used) in homes.Skip(_limits.Count).Concat(homes.Take(_limits.Count).Where(home => home.Used < oldest)))
        {
            if (!TryClaim(Path.GetFileName(folder)))
                continue;

            try
            {
                // A task may have had it, and given it back, since all were looked at.
                if (LastUse(folder) > used)
                    continue;
                TreeRemover.Remove(folder);
                LogOld(folder, used);
            }
            finally
            {
                Forget(Path.GetFileName(folder));
            }
        }
    }

    private static DateTimeOffset LastUse(string folder) => new(File.GetLastWriteTimeUtc(Path.Combine(folder, Marker)), TimeSpan.Zero);

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "the kept home {Name} was removed: it has more than {Bytes} bytes or {Files} files")]
    private partial void LogTooLarge(string name, long bytes, int files);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "kept homes cannot be looked after since {Name} was used: {Reason}")]
    private partial void LogStays(string name, string reason);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "the kept home {Name}, last used {Used}, is removed as the coordinator asks")]
    private partial void LogAskedFor(string name, DateTimeOffset used);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "a kept home was removed, last used {Used}: {Folder}")]
    private partial void LogOld(string folder, DateTimeOffset used);
}
