namespace BuildFarm.Coordinator.Reapi;

/// <summary>What an operation is called: <c>[instance/]operations/id</c>.</summary>
/// <param name="Instance">REAPI instance.</param>
/// <param name="Id">Of its job.</param>
public readonly record struct OperationName(string Instance, string Id)
{
    private const string Collection = "operations";

    /// <summary>Reads a name; null when it is none.</summary>
    public static OperationName? TryParse(string name)
    {
        var segments = name.Split('/');
        return segments is [.. var instance, Collection, { Length: > 0 } id] ? new OperationName(string.Join('/', instance), id) : null;
    }

    /// <inheritdoc />
    public override string ToString() => Instance.Length == 0 ? $"{Collection}/{Id}" : $"{Instance}/{Collection}/{Id}";
}
