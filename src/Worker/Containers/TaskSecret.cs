namespace BuildFarm.Worker.Containers;

/// <summary>A secret of one task, for as long as its attempt lasts. No record, so that nothing prints its value by accident.</summary>
/// <param name="name">Of its file.</param>
/// <param name="value">What is in it.</param>
internal sealed class TaskSecret(string name, ReadOnlyMemory<byte> value)
{
    public string Name => name;

    public ReadOnlyMemory<byte> Value => value;

    public override string ToString() => name;
}
