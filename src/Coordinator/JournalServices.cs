using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Leading;
using BuildFarm.Coordinator.Why;
using Microsoft.Extensions.DependencyInjection;

namespace BuildFarm.Coordinator;

/// <summary>Gives a coordinator a journal and a history that outlive it.</summary>
public static class JournalServices
{
    /// <summary>Actions that had no result and are remembered for <c>farm why</c>; some 300 bytes each.</summary>
    public const int RememberedActions = 100_000;

    /// <summary>Adds both; comes before <see cref="CoordinatorServices.AddCoordinator"/>.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="options">Where they are.</param>
    /// <param name="historyJobs">Finished jobs that are remembered.</param>
    /// <param name="lease">Who of several coordinators over one database leads. Null: whoever opened the journal last.</param>
    public static IServiceCollection AddJournal(this IServiceCollection services, JournalOptions options, int historyJobs, LeaseTerms? lease = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Postgres.Length == 0)
        {
            return services.AddSingleton<IJournal>(_ => new SqliteJournal(JournalOptions.JournalIn(options.Directory)))
                .AddHistory(options.Directory, historyJobs);
        }

        services.AddSingleton<IJobHistory>(_ => new PostgresJobHistory(options.Postgres, historyJobs));
        services.AddSingleton<IActionHistory>(_ => new PostgresActionHistory(options.Postgres, RememberedActions));
        if (lease is null)
        {
            return services.AddSingleton<IJournal>(_ => new PostgresJournal(options.Postgres));
        }

        return services
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<PostgresLeadership>(provider, options.Postgres, lease))
            .AddSingleton<ILeadership>(static provider => provider.GetRequiredService<PostgresLeadership>())
            .AddSingleton<IJournal>(provider => new PostgresJournal(
                options.Postgres, () => provider.GetRequiredService<PostgresLeadership>().Epoch, lease.Options.Duration));
    }

    /// <summary>Adds a history alone: jobs live as long as the process, and what they were is remembered.</summary>
    public static IServiceCollection AddHistory(this IServiceCollection services, string directory, int historyJobs) =>
        services.AddSingleton<IActionHistory>(_ => new SqliteActionHistory(JournalOptions.ActionsIn(directory), RememberedActions))
            .AddSingleton<IJobHistory>(_ => new SqliteJobHistory(JournalOptions.HistoryIn(directory), historyJobs));
}
