using System.Diagnostics;
using System.Text;

namespace BuildFarm.EndToEnd.Tests.Support;

/// <summary>What a finished process left.</summary>
internal sealed record FarmResult(int ExitCode, string Out, string Error)
{
    /// <summary>What it warned of, but for the server's remark that the machine stood still.</summary>
    public IEnumerable<string> Warnings => Error.Split('\n')
        .Where(static line => line.Contains(" warn ", StringComparison.Ordinal) && !line.Contains(" Kestrel: As of ", StringComparison.Ordinal));

    public override string ToString() => $"exit status {ExitCode}\n--- stdout\n{Out}\n--- stderr\n{Error}";
}

/// <summary>A running process of the farm, whose lines can be waited for. Killed at the end when it still runs.</summary>
internal sealed class FarmProcess : IAsyncDisposable
{
    /// <summary>The guard of every wait: a hung test fails with what was said so far.</summary>
    public static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Capture _out;
    private readonly Capture _error;
    private int _disposed;

    private FarmProcess(Process process)
    {
        _process = process;
        _out = new Capture(process.StandardOutput);
        _error = new Capture(process.StandardError);
    }

    public int Id => _process.Id;

    public string Out => _out.Text;

    public string Error => _error.Text;

    public static FarmProcess Start(string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string?> environment)
    {
        // A test runner that was put in the background ignores SIGINT, and what it starts would too.
        var start = new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT", program, .. arguments])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Start(start);
    }

    public static FarmProcess Start(ProcessStartInfo start)
    {
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new FarmProcess(process);
    }

    /// <summary>The first line of standard output that holds the text, as soon as it is there.</summary>
    public Task<string> OutLineAsync(string text) => LineAsync(_out, text);

    /// <summary>The first line of standard error that holds the text.</summary>
    public Task<string> ErrorLineAsync(string text) => LineAsync(_error, text);

    public Task<FarmResult> EndAsync() => EndAsync(Guard);

    /// <summary>Waits for the end of what may take longer than most.</summary>
    public async Task<FarmResult> EndAsync(TimeSpan patience)
    {
        using var guard = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(guard.Token);
        }
        catch (OperationCanceledException error)
        {
            throw new TimeoutException($"the process does not end; so far:\n{Out}\n{Error}", error);
        }

        await Task.WhenAll(_out.Ended, _error.Ended);
        return new FarmResult(_process.ExitCode, Out, Error);
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start(new ProcessStartInfo("kill", ["-s", name, $"{_process.Id}"]) { UseShellExecute = false })!;
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // A test ends its own processes, and the bench all that are left.
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        if (!_process.HasExited)
        {
            await SignalAsync("TERM");
            using var grace = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await _process.WaitForExitAsync(grace.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    private async Task<string> LineAsync(Capture capture, string text)
    {
        try
        {
            return await capture.LineAsync(text).WaitAsync(Guard);
        }
        catch (InvalidOperationException error)
        {
            await Task.WhenAll(_out.Ended, _error.Ended);
            throw new InvalidOperationException($"the process ended without a line with \"{text}\":\n{Out}\n{Error}", error);
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"no line with \"{text}\"; so far:\n{Out}\n{Error}", error);
        }
    }

    private sealed class Capture
    {
        private readonly Lock _gate = new();
        private readonly StringBuilder _text = new();
        private readonly List<(string Text, TaskCompletionSource<string> Found)> _waits = [];

        public Capture(StreamReader reader) => Ended = ReadAsync(reader);

        public Task Ended { get; }

        public string Text
        {
            get
            {
                lock (_gate)
                {
                    return _text.ToString();
                }
            }
        }

        public Task<string> LineAsync(string text)
        {
            lock (_gate)
            {
                if (_text.ToString().Split('\n').FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } line)
                {
                    return Task.FromResult(line);
                }

                if (Ended.IsCompleted)
                {
                    throw new InvalidOperationException($"the process ended without a line with \"{text}\":\n{_text}");
                }

                var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
                _waits.Add((text, found));
                return found.Task;
            }
        }

        private async Task ReadAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                lock (_gate)
                {
                    _text.Append(line).Append('\n');
                    foreach (var wait in _waits.Where(wait => line.Contains(wait.Text, StringComparison.Ordinal)))
                    {
                        wait.Found.TrySetResult(line);
                    }
                }
            }

            lock (_gate)
            {
                foreach (var wait in _waits)
                {
                    wait.Found.TrySetException(new InvalidOperationException($"the process ended without a line with \"{wait.Text}\":\n{_text}"));
                }
            }
        }
    }
}
