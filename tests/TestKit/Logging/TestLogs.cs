using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Xunit;

namespace BuildFarm.TestKit.Logging;

/// <summary>Keeps what is logged, copies it to the running test's output, and fails the test on an error that it did not expect.</summary>
public sealed class TestLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<TestLogEntry> _entries = new();
    private readonly ConcurrentBag<Func<TestLogEntry, bool>> _expected = [];
    private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

    private event Action<TestLogEntry>? Added;

    /// <summary>Everything so far, in order.</summary>
    public IReadOnlyCollection<TestLogEntry> Entries => _entries;

    /// <summary>Waits for the first entry that is wanted, also among those that are there.</summary>
    public async Task<TestLogEntry> FirstAsync(Func<TestLogEntry, bool> wanted, CancellationToken cancellationToken)
    {
        var found = new TaskCompletionSource<TestLogEntry>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(TestLogEntry entry)
        {
            if (wanted(entry))
            {
                found.TrySetResult(entry);
            }
        }

        Added += Look;
        try
        {
            foreach (var entry in _entries)
            {
                Look(entry);
            }

            return await found.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Added -= Look;
        }
    }

    /// <summary>Says that errors whose message or exception contains <paramref name="text"/> belong to the test.</summary>
    public void Expect(string text) => Expect(entry => entry.ToString().Contains(text, StringComparison.Ordinal));

    /// <summary>Says which errors belong to the test.</summary>
    public void Expect(Func<TestLogEntry, bool> errors) => _expected.Add(errors);

    /// <summary>Throws when an error was logged that the test did not expect.</summary>
    public void ThrowIfUnexpected()
    {
        var unexpected = _entries.Where(entry => entry.Level >= LogLevel.Error && !_expected.Any(expects => expects(entry))).ToList();
        if (unexpected.Count > 0)
        {
            throw new InvalidOperationException($"{unexpected.Count} unexpected error(s) were logged:\n{string.Join('\n', unexpected)}");
        }
    }

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <inheritdoc />
    public void Dispose()
    {
    }

    private void Add(TestLogEntry entry)
    {
        _entries.Enqueue(entry);
        Added?.Invoke(entry);
        try
        {
            _output?.WriteLine(entry.ToString());
        }
        catch (InvalidOperationException)
        {
            // The test is over; the entry is kept all the same.
        }
    }

    private sealed class Logger(TestLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logs.Add(new TestLogEntry(logLevel, category, eventId, formatter(state, exception), exception));
    }
}
