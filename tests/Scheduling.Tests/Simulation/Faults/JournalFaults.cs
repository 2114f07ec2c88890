using System.Buffers;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling.Events;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation.Faults;

/// <summary>Fault 8: a journal whose end is torn, and one in which a bit is another.</summary>
public sealed class JournalFaults : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("Fault", "8")]
    public void Fault08_TornTail_IsDroppedAndTheFarmGoesOn()
    {
        var farm = new FaultScenario();
        var torn = 0;
        // Of every third flush only the first event was written when the power went.
        farm.Coordinator.CrashPlan = (flush, events, _) => flush % 3 == 0 && events > 1 && torn++ < 6 ? new Crash(1, 0) : null;
        var job = farm.Submit("job", tasks: 6);

        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal(6, end.Counts.Succeeded);
        Assert.True(farm.Coordinator.Restarts > 1);
    }

    [Fact]
    [Trait("Fault", "8")]
    public async Task Fault08_FlippedBit_IsRefusedAndNeverReplayed()
    {
        var farm = new FaultScenario();
        farm.UntilEnded(farm.Submit("job", tasks: 6));
        var path = _folder.File("journal.db");
        await WriteAsync(path, farm.Events);
        Assert.Equal(StateFingerprint.Describe(farm.State), StateFingerprint.Describe(await ReadAsync(path)));

        var bytes = await File.ReadAllBytesAsync(path);
        var name = bytes.AsSpan().IndexOf("action of job"u8);
        Assert.True(name > 0);
        // In a name, where only a checksum can tell; then all over the file.
        var random = new Random(8);
        var refused = 0;
        for (var i = 0; i < 40; i++)
        {
            var at = i == 0 ? name : random.Next(bytes.Length);
            var copy = _folder.File($"copy{i}.db");
            bytes[at] ^= 4;
            await File.WriteAllBytesAsync(copy, bytes);
            bytes[at] ^= 4;
            File.Copy(SqliteJournal.MarkOf(path), SqliteJournal.MarkOf(copy));
            try
            {
                // Where nothing was kept a bit does no harm; then the state is the same.
                Assert.Equal(StateFingerprint.Describe(farm.State), StateFingerprint.Describe(await ReadAsync(copy)));
            }
            catch (JournalException e)
            {
                Assert.Contains(copy, e.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.True(refused >= 1, "no flipped bit was noticed");
    }

    private static async Task WriteAsync(string path, List<Event> events)
    {
        await using var journal = new SqliteJournal(path);
        await journal.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var change in events)
        {
            var record = new ArrayBufferWriter<byte>();
            new EventCodec().Encode(change, record);
            await journal.AppendAsync([record.WrittenMemory], TestContext.Current.CancellationToken);
            await journal.FlushAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<SchedulerState> ReadAsync(string path)
    {
        await using var journal = new SqliteJournal(path);
        await journal.OpenAsync(TestContext.Current.CancellationToken);
        var state = new SchedulerState();
        await foreach (var record in journal.ReadAsync(TestContext.Current.CancellationToken))
        {
            state.Apply(new EventCodec().Decode(record).Change!);
        }

        return state;
    }
}
