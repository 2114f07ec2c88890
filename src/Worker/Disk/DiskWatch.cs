using System.Globalization;
using BuildFarm.Worker.Execution;
using BuildFarm.Worker.Native;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker.Disk;

/// <summary>
/// Says when the disk that tasks write to has too little room for another one, and when it has room again: with twice as much, so
/// that one file more or less does not turn it to and fro.
/// </summary>
/// <param name="folder">Where tasks write.</param>
/// <param name="reserveBytes">What must be free, at most a twentieth of the disk; 0 to watch nothing.</param>
/// <param name="time">Between two looks.</param>
/// <param name="logger">Hears of both.</param>
internal sealed partial class DiskWatch(string folder, long reserveBytes, TimeProvider time, ILogger logger)
{
    private const int LargestPart = 20;
    private const long ReserveFiles = 1000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly PauseReason _reason = new();

    /// <summary>Raised with the reason, one line, when there is too little room; with an empty one when there is enough again.</summary>
    public event Action<string>? Changed
    {
        add => _reason.Changed += value;
        remove => _reason.Changed -= value;
    }

    /// <summary>Looks again and again until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (reserveBytes == 0)
            return;
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                Look();
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // Nobody wants to know any more.
        }
    }

    /// <summary>Looks now.</summary>
    public void Look()
    {
        if (reserveBytes == 0)
            return;
        if (_reason.Change(Newest) is not { } reason)
            return;
        if (reason.Length > 0)
            LogFull(reason);
        else
            LogRoom(folder);
    }

    /// <summary>How little room there is changes all the time, and is no news.</summary>
    private string Newest(string reason)
    {
        var wasFull = reason.Length > 0;
        var next = LookAt(wasFull);
        return next.Length > 0 == wasFull ? reason : next;
    }

    private string LookAt(bool wasFull)
    {
        try
        {
            return Find(FileSystemUse.Of(folder), wasFull);
        }
        catch (IOException e)
        {
            return $"the disk of {folder} cannot be used: {e.Message}";
        }
    }

    /// <summary>What is short; empty when nothing is.</summary>
    internal string Find(FileSystemUse use, bool wasFull)
    {
        var factor = wasFull ? 2 : 1;
        var reserve = Math.Min(reserveBytes, use.TotalBytes / LargestPart) * factor;
        if (use.AvailableBytes < reserve)
            return $"the disk of {folder} is full: {Verdict.Bytes(use.AvailableBytes)} are free and {Verdict.Bytes(reserve)} must be; make room there";
        return use.CountsFiles && use.FreeFiles < ReserveFiles * factor
            ? string.Create(CultureInfo.InvariantCulture, $"the disk of {folder} is full: {use.FreeFiles} more files fit and {ReserveFiles * factor} must; make room there")
            : "";
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "taking no tasks: {Reason}")]
    private partial void LogFull(string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "taking tasks again: the disk of {Folder} has room")]
    private partial void LogRoom(string folder);
}
