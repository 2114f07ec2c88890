using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling.Events;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Journal;

public sealed class EventCodecTests
{
    [Fact]
    public void EveryEvent_HasANumberOfItsOwnName()
    {
        var types = typeof(Event).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Event)) && !type.IsAbstract).Select(type => type.Name);

        Assert.Equal(
            Enum.GetNames<EventNumber>().Except([nameof(EventNumber.None)]).Order(StringComparer.Ordinal),
            types.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(new byte[0], "envelope")]
    [InlineData(new byte[] { 9, 3, 0, 1 }, "envelope")]
    [InlineData(new byte[] { 1, 255, 255, 1 }, "kind 65535")]
    [InlineData(new byte[] { 1, 3, 0, 2 }, "kind 3, version 2")]
    [InlineData(new byte[] { 1, 3, 0, 1 }, "lacks a task")]
    [InlineData(new byte[] { 1, 3, 0, 1, 10, 100 }, "damaged")]
    [InlineData(new byte[] { 1, 0x30, 0x75, 1 }, "lacks the request")]
    public void Record_DamagedOrNewer_IsRefusedInOneLine(byte[] record, string reason)
    {
        var refused = Assert.Throws<JournalException>(() => new EventCodec().Decode(record));

        Assert.DoesNotContain('\n', refused.Message);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }
}
