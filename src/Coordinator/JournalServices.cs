using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Journal;
using Microsoft.Extensions.DependencyInjection;

namespace BuildFarm.Coordinator;

/// <summary>Gives a coordinator a journal and a history that outlive it.</summary>
public static class JournalServices
{
    /// <summary>Adds both; comes before <see cref="CoordinatorServices.AddCoordinator"/>.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="options">Where they are.</param>
    /// <param name="historyJobs">Finished jobs that are remembered.</param>
    public static IServiceCollection AddJournal(this IServiceCollection services, JournalOptions options, int historyJobs)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Postgres.Length > 0
            ? services.AddSingleton<IJournal>(_ => new PostgresJournal(options.Postgres))
                .AddSingleton<IJobHistory>(_ => new PostgresJobHistory(options.Postgres, historyJobs))
            : services.AddSingleton<IJournal>(_ => new SqliteJournal(JournalOptions.JournalIn(options.Directory)))
                .AddHistory(options.Directory, historyJobs);
    }

    /// <summary>Adds a history alone: jobs live as long as the process, and what they were is remembered.</summary>
    public static IServiceCollection AddHistory(this IServiceCollection services, string directory, int historyJobs) =>
        services.AddSingleton<IJobHistory>(_ => new SqliteJobHistory(JournalOptions.HistoryIn(directory), historyJobs));
}
