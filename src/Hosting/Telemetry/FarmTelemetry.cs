using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace BuildFarm.Hosting.Telemetry;

/// <summary>
/// The farm's traces and metrics are the platform's own types; OpenTelemetry only exports them. Every name that begins
/// with <see cref="Prefix"/> is exported, so a part with a source of its own needs no registration.
/// </summary>
public static class FarmTelemetry
{
    /// <summary>Names of all activity sources and meters of the farm begin with this.</summary>
    public const string Prefix = "BuildFarm";

    /// <summary>Activities of the coordinator, the cache and the worker.</summary>
    public static ActivitySource Activities { get; } = new(Prefix);

    /// <summary>Instruments of the coordinator, the cache and the worker.</summary>
    public static Meter Meter { get; } = new(Prefix);
}
