using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Local;
using Npgsql;

namespace BuildFarm.Coordinator;

/// <summary>Where a coordinator keeps its jobs.</summary>
public sealed class JournalOptions : ICheckedOptions
{
    /// <summary>Directory of the SQLite files: the journal, and the history of finished jobs.</summary>
    public string Directory { get; set; } = Path.Combine(DataDirectory.DefaultPath(), "coordinator-journal");

    /// <summary>
    /// Connection string of a PostgreSQL database that keeps both instead of <see cref="Directory"/>. Empty: SQLite. The tables
    /// are made in the first schema of the search path.
    /// </summary>
    public string Postgres { get; set; } = "";

    /// <summary>The journal's file in a directory.</summary>
    public static string JournalIn(string directory) => Path.Combine(directory, "journal.db");

    /// <summary>The history's file in a directory.</summary>
    public static string HistoryIn(string directory) => Path.Combine(directory, "history.db");

    /// <summary>The file of actions that had no result, in a directory.</summary>
    public static string ActionsIn(string directory) => Path.Combine(directory, "actions.db");

    /// <inheritdoc />
    public IEnumerable<string> FindProblems()
    {
        if (Postgres.Length == 0)
        {
            if (Directory.Length == 0)
            {
                yield return $"{nameof(Directory)}: a directory is needed, or {nameof(Postgres)}";
            }

            yield break;
        }

        string? problem = null;
        try
        {
            _ = new NpgsqlConnectionStringBuilder(Postgres);
        }
        catch (ArgumentException e)
        {
            problem = e.Message.ReplaceLineEndings(" ");
        }

        if (problem is not null)
        {
            yield return $"{nameof(Postgres)}: it is no connection string ({problem.TrimEnd('.')}); give one as Host=…;Database=…;Username=…";
        }
    }
}
