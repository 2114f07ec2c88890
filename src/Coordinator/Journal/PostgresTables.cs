using Npgsql;

namespace BuildFarm.Coordinator.Journal;

/// <summary>Tables in PostgreSQL beside the journal's. Each write is one transaction and one round trip, each read one round trip.</summary>
/// <param name="connectionString">Of the database.</param>
/// <param name="name">What they hold, in one word: for people, and for who looks at the database's connections.</param>
/// <param name="last">The table or index that <paramref name="schema"/> makes last.</param>
/// <param name="schema">The statements that make them, a constant.</param>
internal sealed class PostgresTables(string connectionString, string name, string last, string schema) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source = new NpgsqlDataSourceBuilder(
        new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = $"buildfarm {name}", Enlist = false }.ConnectionString).Build();

    /// <summary>One statement.</summary>
    /// <param name="sql">A constant, with <c>$1</c> for the first value.</param>
    /// <param name="values">Its values.</param>
    public static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
#pragma warning disable CA2100 // Every caller passes a constant.
        var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }

    /// <summary>Makes the tables that are not there.</summary>
    /// <exception cref="JournalException">The database does not do it.</exception>
    public async ValueTask OpenAsync(CancellationToken cancellationToken) => await GuardedAsync(async () =>
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await PostgresSchema.MakeAsync(connection, last, schema, cancellationToken);
        return true;
    });

    /// <summary>Carries out all of the statements or none.</summary>
    /// <exception cref="JournalException">The database does not do it.</exception>
    public async ValueTask WriteAsync(IEnumerable<NpgsqlBatchCommand> commands, CancellationToken cancellationToken) => await GuardedAsync(async () =>
    {
        await using var batch = _source.CreateBatch();
        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        return await batch.ExecuteNonQueryAsync(cancellationToken);
    });

    /// <summary>Reads all rows.</summary>
    /// <exception cref="JournalException">The database does not do it.</exception>
    public async ValueTask<List<T>> ReadAsync<T>(NpgsqlBatchCommand command, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) => await GuardedAsync(async () =>
    {
        await using var batch = _source.CreateBatch();
        batch.BatchCommands.Add(command);
        await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
        var all = new List<T>();
        while (await rows.ReadAsync(cancellationToken))
        {
            all.Add(read(rows));
        }

        return all;
    });

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<T> GuardedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (NpgsqlException e)
        {
            throw PostgresFailure.Of($"the {name} in PostgreSQL", e);
        }
    }
}
