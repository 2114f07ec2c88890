using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Hosting.Logging;

/// <summary>Console logging that a person can read.</summary>
public static class FarmLogging
{
    /// <summary>
    /// One line a record on standard error (standard output belongs to results). The farm logs from Information, the
    /// framework from Warning; the <c>Logging:LogLevel</c> section of the configuration overrides both.
    /// </summary>
    public static ILoggingBuilder AddFarmConsole(this ILoggingBuilder logging, IConfiguration configuration)
    {
        logging.ClearProviders();
        logging.Services.TryAddSingleton(TimeProvider.System);
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        // What keeps a host from starting is said once, by FarmHost.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddConfiguration(configuration.GetSection("Logging"));
        logging.AddConsole(console =>
        {
            console.FormatterName = OneLineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
        });
        logging.AddConsoleFormatter<OneLineFormatter, OneLineFormatterOptions>(
            formatter => formatter.Stacks = configuration.GetValue("Logging:Stacks", defaultValue: false));
        return logging;
    }
}
