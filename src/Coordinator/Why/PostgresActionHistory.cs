using BuildFarm.Coordinator.Journal;
using BuildFarm.Digests;

namespace BuildFarm.Coordinator.Why;

/// <summary>The last <paramref name="capacity"/> actions in PostgreSQL, beside the jobs.</summary>
public sealed class PostgresActionHistory(string connectionString, int capacity) : IActionHistory
{
    private const string Columns = "number, instance, environment, action, job, task, outputs, program, at";

    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS buildfarm_actions (number bigserial PRIMARY KEY, instance text NOT NULL, environment text NOT NULL, action text NOT NULL,
          job text NOT NULL, task text NOT NULL, outputs text NOT NULL, program text NOT NULL, at bigint NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS buildfarm_actions_by_job ON buildfarm_actions (job, task, action);
        CREATE INDEX IF NOT EXISTS buildfarm_actions_by_action ON buildfarm_actions (action);
        CREATE INDEX IF NOT EXISTS buildfarm_actions_by_task ON buildfarm_actions (instance, task, number);
        CREATE INDEX IF NOT EXISTS buildfarm_actions_by_outputs ON buildfarm_actions (instance, outputs, number);
        CREATE INDEX IF NOT EXISTS buildfarm_actions_by_program ON buildfarm_actions (instance, program, number);
        """;

    private readonly PostgresTables _tables = new(connectionString, "actions", last: "buildfarm_actions_by_program", Schema);

    private volatile bool _isOpen;

    /// <inheritdoc />
    public async ValueTask AddAsync(IReadOnlyList<SeenAction> actions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(actions);
        await OpenAsync(cancellationToken);
        var added = actions.Select(static action => PostgresTables.Command(
            "INSERT INTO buildfarm_actions (instance, environment, action, job, task, outputs, program, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            action.InstanceName, action.Environment, action.Action.ToString(), action.JobId, action.Task, action.Outputs, action.Program, action.At.UtcTicks));
        var bound = PostgresTables.Command("DELETE FROM buildfarm_actions WHERE number <= (SELECT max(number) FROM buildfarm_actions) - $1", (long)capacity);
        await _tables.WriteAsync(added.Append(bound), cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<SeenAction?> FindAsync(string instanceName, Digest action, CancellationToken cancellationToken) => (await ReadAsync(
        "action = $1 AND instance = $2", 1, cancellationToken, action.ToString(), instanceName)).FirstOrDefault();

    /// <inheritdoc />
    public async ValueTask<SeenAction?> FindAsync(string jobId, string task, CancellationToken cancellationToken) => (await ReadAsync(
        "job = $1 AND task = $2", 1, cancellationToken, jobId, task)).FirstOrDefault();

    /// <inheritdoc />
    public async ValueTask<SeenAction?> FindNamedAsync(string instanceName, string task, CancellationToken cancellationToken) => (await ReadAsync(
        "instance = $1 AND (task = $2 OR starts_with(task, $2 || ' '))", 1, cancellationToken, instanceName, task)).FirstOrDefault();

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<SeenAction>> FindLikeAsync(SeenAction action, int count, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(action);
        var (instance, number) = (action.InstanceName, action.Number);
        return
        [
            .. await ReadAsync("instance = $1 AND task = $2 AND number < $3", count, cancellationToken, instance, action.Task, number),
            .. action.Outputs.Length == 0 ? [] : await ReadAsync("instance = $1 AND outputs = $2 AND number < $3", count, cancellationToken, instance, action.Outputs, number),
            .. await ReadAsync("instance = $1 AND program = $2 AND number < $3", count, cancellationToken, instance, action.Program, number),
        ];
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _tables.DisposeAsync();

    private async ValueTask<List<SeenAction>> ReadAsync(string where, int count, CancellationToken cancellationToken, params object[] values)
    {
        await OpenAsync(cancellationToken);
        return await _tables.ReadAsync(
            PostgresTables.Command($"SELECT {Columns} FROM buildfarm_actions WHERE {where} ORDER BY number DESC LIMIT {count}", values),
            static row => new SeenAction(
                row.GetString(1), row.GetString(2), Digest.Parse(row.GetString(3)), row.GetString(4), row.GetString(5), row.GetString(6), row.GetString(7),
                new DateTimeOffset(row.GetInt64(8), TimeSpan.Zero)) { Number = row.GetInt64(0) },
            cancellationToken);
    }

    private async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (!_isOpen)
        {
            await _tables.OpenAsync(cancellationToken);
            _isOpen = true;
        }
    }
}
