namespace BuildFarm.Coordinator.Reapi;

/// <summary>What an operator may choose for clients of the Remote Execution API.</summary>
public sealed class ReapiOptions
{
    /// <summary>
    /// What others call platform properties, and what they are called here: <c>name</c> to <c>name</c>, or <c>name=value</c> to
    /// <c>name=value</c>. <c>cpu</c> (CPUs) and <c>memory</c> (bytes, or with K, M, G) are amounts that a task holds; every other name
    /// is what a pool offers.
    /// </summary>
    public Dictionary<string, string> Properties { get; set; } = new(StringComparer.Ordinal)
    {
        ["os"] = "OSFamily",
        ["arch"] = "Arch",
        ["ISA"] = "Arch",
        ["OSFamily=Linux"] = "OSFamily=linux",
        ["Arch=x86-64"] = "Arch=x86_64",
        ["Arch=amd64"] = "Arch=x86_64",
        ["Arch=arm64"] = "Arch=aarch64",
    };

    /// <summary>Platform properties that are not looked at, such as one that chooses among the images of another farm.</summary>
    public List<string> IgnoredProperties { get; set; } = [];

    /// <summary>How long nobody may wait for an operation before it is cancelled; a client that reconnects in time loses nothing.</summary>
    public TimeSpan WaiterGrace { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest silence on a stream of an operation.</summary>
    public TimeSpan UpdateInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// For how long after the start an action that no worker can run is told to come again (UNAVAILABLE): the workers may still
    /// be on their way.
    /// </summary>
    public TimeSpan StartGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Ended operations that WaitExecution and GetOperation still know.</summary>
    public int EndedOperations { get; set; } = 4096;

    internal IEnumerable<string> FindProblems()
    {
        if (WaiterGrace < TimeSpan.FromSeconds(1))
        {
            yield return $"{nameof(WaiterGrace)}: {WaiterGrace} is less than a second";
        }

        if (UpdateInterval < TimeSpan.FromMilliseconds(100) || UpdateInterval > TimeSpan.FromMinutes(1))
        {
            yield return $"{nameof(UpdateInterval)}: {UpdateInterval} is not between 100 ms and one minute";
        }

        if (StartGrace < TimeSpan.Zero || StartGrace > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(StartGrace)}: {StartGrace} is not between 0 and one hour";
        }

        if (EndedOperations < 1)
        {
            yield return $"{nameof(EndedOperations)}: {EndedOperations} is less than 1";
        }
    }
}
