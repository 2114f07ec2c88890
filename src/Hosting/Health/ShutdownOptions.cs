using BuildFarm.Hosting.Configuration;

namespace BuildFarm.Hosting.Health;

/// <summary>How a service goes away after SIGTERM.</summary>
public sealed class ShutdownOptions : ICheckedOptions
{
    /// <summary>How long it serves on while already answering "not ready". Zero suits a single machine.</summary>
    public TimeSpan NotReadyFor { get; set; } = TimeSpan.Zero;

    /// <summary>How long everything may take to stop after that, calls in flight included.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc />
    public IEnumerable<string> FindProblems()
    {
        if (NotReadyFor < TimeSpan.Zero || NotReadyFor > TimeSpan.FromMinutes(10))
        {
            yield return $"{nameof(NotReadyFor)}: {NotReadyFor} is not between 0 and 10 minutes";
        }

        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(Timeout)}: {Timeout} is not between 0 and one day";
        }
    }
}
