using System.Buffers;
using System.Globalization;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling.Events;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Journal;

/// <summary>
/// The records of every version that ever was, kept as files: `golden/Kind.N` has a record in hexadecimal on its first line
/// and what it means on the others. A file is never changed. When a kind grows a field, its next file is made by running
/// these tests with BUILDFARM_WRITE_GOLDEN=1 and checked in beside the older ones.
/// </summary>
public sealed class GoldenTests
{
    private static readonly string Folder = Path.Combine(SourceFolder.Of(), "golden");
    private static readonly EventCodec Codec = new();

    public static TheoryData<string> Kinds => [.. RecordSamples.All.Keys];

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Kind_WrittenAndRead_KeepsEveryProperty(string kind)
    {
        var sample = RecordSamples.All[kind];

        Assert.Equal(RecordText.Describe(sample), RecordText.Describe(Read(Write(sample))));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Kind_WrittenToday_IsItsNewestGolden(string kind)
    {
        var written = Convert.ToHexStringLower(Write(RecordSamples.All[kind]).Span);
        var newest = Numbers(kind).DefaultIfEmpty(0).Max();
        if (newest > 0 && string.Equals(written, File.ReadLines(PathOf(kind, newest)).First(), StringComparison.Ordinal))
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("BUILDFARM_WRITE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Folder);
            File.WriteAllLines(PathOf(kind, newest + 1), [written, .. RecordText.Describe(RecordSamples.All[kind])]);
        }

        Assert.Fail($"{kind} is not written as any golden says. When it grew a field, run once with BUILDFARM_WRITE_GOLDEN=1 to add {kind}.{newest + 1}.");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Golden_OfAnyAge_IsReadForWhatItMeant(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, file));

        var read = RecordText.Describe(Read(Convert.FromHexString(lines[0])));

        // Properties that came later have defaults and no line in an old file.
        Assert.Empty(lines.Skip(1).Except(read, StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Kind_WithAFieldOfALaterVersion_IsReadWithoutIt(string kind)
    {
        // Field 15000, a varint: what a newer coordinator may have added.
        byte[] later = [.. Write(RecordSamples.All[kind]).Span, 0xC0, 0xA9, 0x07, 0x01];

        Assert.Equal(RecordText.Describe(RecordSamples.All[kind]), RecordText.Describe(Read(later)));
    }

    private static ReadOnlyMemory<byte> Write(object subject)
    {
        var output = new ArrayBufferWriter<byte>();
        if (subject is Event change)
        {
            Codec.Encode(change, output);
        }
        else
        {
            Codec.Encode((JournalFact)subject, output);
        }

        return output.WrittenMemory;
    }

    private static object Read(ReadOnlyMemory<byte> record) => Codec.Decode(record) is { Change: { } change } ? change : Codec.Decode(record).Fact!;

    private static IEnumerable<int> Numbers(string kind) => !Directory.Exists(Folder) ? [] : Directory.EnumerateFiles(Folder, kind + ".*")
        .Select(file => int.Parse(Path.GetExtension(file)[1..], CultureInfo.InvariantCulture));

    private static string PathOf(string kind, int number) => Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{kind}.{number}"));
}
