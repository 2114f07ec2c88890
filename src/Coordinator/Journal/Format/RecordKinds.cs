using System.Collections.Frozen;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>Every kind of record there is.</summary>
internal static class RecordKinds
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<RecordKind> All { get; } = [.. JobRecords.Kinds, .. ExecutionRecords.Kinds, .. WorkerRecords.Kinds, .. QuarantineRecords.Kinds, .. FamilyRecords.Kinds, .. SnapshotRecords.Kinds, .. ExecutionSnapshotRecords.Kinds, .. FactRecords.Kinds];

    private static readonly FrozenDictionary<ushort, RecordKind> ByNumber = All.ToFrozenDictionary(kind => kind.Number);
    private static readonly FrozenDictionary<Type, RecordKind> BySubject = All.ToFrozenDictionary(kind => kind.Subject);

    /// <summary>The kind with this number; null when this version does not know it.</summary>
    public static RecordKind? Find(ushort number) => ByNumber.GetValueOrDefault(number);

    /// <summary>The kind of an event or fact.</summary>
    /// <exception cref="NotSupportedException">It has no record: a mistake in this program.</exception>
    public static RecordKind Of(object subject) => BySubject.GetValueOrDefault(subject.GetType())
        ?? throw new NotSupportedException($"No journal record is defined for {subject.GetType().Name}; RecordKinds needs one.");
}
