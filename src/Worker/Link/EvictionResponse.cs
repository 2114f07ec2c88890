using System.Globalization;
using BuildFarm.Worker.Native;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker.Link;

/// <summary>
/// What a worker does when the coordinator has taken it out of service because it does not get on: it keeps what tells why, and,
/// when it is still out of service after a while, it ends, because a new process begins without what hangs in this one.
/// </summary>
internal sealed partial class EvictionResponse(string folder, Action<string>? end, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>Between the news and the end.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private const int KeptReports = 10;

    private readonly Lock _gate = new();
    private ITimer? _timer;
    private string _reason = "";

    /// <summary>The coordinator's newest word: a reason, or empty when the worker is in service.</summary>
    public void Hear(string reason)
    {
        lock (_gate)
        {
            if (string.Equals(reason, _reason, StringComparison.Ordinal))
                return;
            var news = _reason.Length == 0;
            _reason = reason;
            if (reason.Length == 0)
            {
                _timer?.Dispose();
                _timer = null;
                LogBack();
                return;
            }

            if (!news)
                return;
            _timer = time.CreateTimer(_ => End(), state: null, Patience, Timeout.InfiniteTimeSpan);
        }

        LogEvicted(reason, Keep(reason));
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private void End()
    {
        string reason;
        lock (_gate)
        {
            if (_timer is null)
                return;
            reason = _reason;
        }

        end?.Invoke($"the coordinator took this worker out of service, and it could not end what it was told to: {reason}; what its threads and processes did is in {folder}");
    }

    private string Keep(string reason)
    {
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var old in Directory.EnumerateFiles(folder, "*.txt").Order(StringComparer.Ordinal).SkipLast(KeptReports - 1).ToList())
                File.Delete(old);
            var path = Path.Combine(folder, time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture) + ".txt");
            File.WriteAllText(path, $"{reason}\n{ProcessStacks.Describe(Environment.ProcessId)}");
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"nowhere: {e.Message}";
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "out of service: {Reason}; stacks are saved in {Path}")]
    private partial void LogEvicted(string reason, string path);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "in service again")]
    private partial void LogBack();
}
