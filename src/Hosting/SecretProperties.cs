namespace BuildFarm.Hosting;

/// <summary>Platform properties that have to do with secrets. What an Action says is part of its key; a worker goes by its assignment alone.</summary>
public static class SecretProperties
{
    /// <summary>Of an Action: the names of its secrets, in order, with commas between them.</summary>
    public const string Names = "secret-names";

    /// <summary>What a pool offers whose tasks may have secrets, with the value <see cref="Files"/>.</summary>
    public const string Offered = "secrets";

    /// <summary>Of <see cref="Offered"/>: as files in memory that are the task's alone.</summary>
    public const string Files = "files";
}
