using BuildFarm.Journal.V1;
using BuildFarm.Scheduling;
using Google.Protobuf.Collections;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>The values that records are made of, there and back.</summary>
internal static class Values
{
    public static TaskKey Write(TaskId task) => new() { Job = task.Job.Value, Index = task.Index };

    public static TaskId Read(TaskKey? key) => key is null ? throw Absent("a task") : new TaskId(new JobId(key.Job), key.Index);

    public static LeaseKey Write(Lease lease) => new() { Execution = lease.Execution.Value, Epoch = lease.Epoch };

    public static Lease Read(LeaseKey? key) => key is null ? throw Absent("a lease") : new Lease(new ExecutionId(key.Execution), key.Epoch);

    public static Amounts Write(Resources resources)
    {
        var amounts = new Amounts { CpuMillis = resources.CpuMillis, MemoryBytes = resources.MemoryBytes };
        foreach (var (name, amount) in resources.Named.Amounts)
        {
            amounts.Named.Add(new NamedAmount { Name = name, Amount = amount });
        }

        return amounts;
    }

    public static Resources Read(Amounts? amounts) => amounts is null ? Resources.None : new Resources(amounts.CpuMillis, amounts.MemoryBytes)
    {
        Named = NamedAmounts.Of(amounts.Named.Select(named => KeyValuePair.Create(named.Name, named.Amount))),
    };

    public static long Write(DateTimeOffset at) => at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;

    public static DateTimeOffset ReadTime(long at) => DateTimeOffset.UnixEpoch.AddTicks(at);

    public static void Write(Platform platform, RepeatedField<Property> to)
    {
        foreach (var (name, value) in platform.Properties)
        {
            to.Add(new Property { Name = name, Value = value });
        }
    }

    public static Platform Read(RepeatedField<Property> properties) => properties.Count == 0
        ? Platform.Empty
        : Platform.Of(properties.Select(property => KeyValuePair.Create(property.Name, property.Value)));

    public static UsageRecord? Write(AttemptUsage? usage) => usage is null ? null : new UsageRecord
    {
        WallTime = usage.WallTime.Ticks,
        CpuTime = usage.CpuTime.Ticks,
        PeakMemoryBytes = usage.PeakMemoryBytes,
        InputFetchTime = usage.InputFetchTime.Ticks,
        OutputUploadTime = usage.OutputUploadTime.Ticks,
    };

    public static AttemptUsage? Read(UsageRecord? usage) => usage is null ? null : new AttemptUsage(
        new TimeSpan(usage.WallTime),
        new TimeSpan(usage.CpuTime),
        usage.PeakMemoryBytes,
        new TimeSpan(usage.InputFetchTime),
        new TimeSpan(usage.OutputUploadTime));

    public static IEnumerable<ulong> Write(LocalityKeys keys) => keys.ToArray().Select(static key => (ulong)key);

    public static LocalityKeys ReadLocality(RepeatedField<ulong> keys) =>
        keys.Count == 0 ? default : LocalityKeys.Of([.. keys.Select(static key => (long)key)]);

    /// <summary>A record lacks what its kind cannot be without.</summary>
    public static InvalidDataException Absent(string what) => new($"it lacks {what}");
}
