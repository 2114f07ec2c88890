using Npgsql;

namespace BuildFarm.Coordinator.Journal;

/// <summary>What went wrong with the database, in one line.</summary>
internal static class PostgresFailure
{
    /// <summary>Classes of states that waiting does not change: wrong credentials, no such database or schema, no rights, other tables than ours.</summary>
    private static readonly string[] Lasting = ["28", "3D", "3F", "42", "0A"];

    public static JournalException Of(string name, NpgsqlException error) => new(
        $"{name} cannot be used: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}; check that the database is up and may be written", error)
    {
        IsJournalWell = MayPass(error),
    };

    /// <summary>True when the database may answer again by itself.</summary>
    public static bool MayPass(NpgsqlException error) =>
        error is not PostgresException { SqlState: var state } || !Lasting.Any(lasting => state.StartsWith(lasting, StringComparison.Ordinal));
}
