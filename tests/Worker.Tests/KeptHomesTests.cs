using BuildFarm.TestKit;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Homes;
using BuildFarm.Worker.Native;
using Microsoft.Extensions.Logging;
using Xunit;

namespace BuildFarm.Worker.Tests;

public sealed class KeptHomesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Home_UsedAgainWhileOldOnesGo_Stays()
    {
        var logger = new ActingLogger();
        var homes = new KeptHomes(_folder.Path, new TaskOwner(Libc.EffectiveUser(), Differs: false), new KeptHomeLimits(1 << 30, 1000, 10, TimeSpan.FromHours(1)), TimeProvider.System, logger);
        foreach (var name in new[] { "old", "older" })
            await homes.Take("", name, renew: false).DisposeAsync();
        Age("old", TimeSpan.FromHours(2));
        Age("older", TimeSpan.FromHours(3));

        // Told of the first that went, a task has the next one and gives it back.
        var (gone, used) = (0, Task.CompletedTask);
        logger.Act = () =>
        {
            if (gone++ == 0)
                used = homes.Take("", "older", renew: false).DisposeAsync().AsTask();
        };
        await homes.Take("", "new", renew: false).DisposeAsync();

        await used;
        Assert.Equal(1, gone);
        Assert.Equal(["new", "older"], homes.List().Select(static note => note.Name).Order(StringComparer.Ordinal));
    }

    private void Age(string name, TimeSpan by)
    {
        foreach (var marker in Directory.GetFiles(_folder.Path, "name", SearchOption.AllDirectories))
        {
            if (KeptHomeNote.TryRead(marker) is { } note && note.Name == name)
                (note with { UsedAt = note.UsedAt - by }).Write(marker);
        }
    }

    private sealed class ActingLogger : ILogger
    {
        public Action Act { get; set; } = static () => { };

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Act();
    }
}
