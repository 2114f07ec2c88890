namespace BuildFarm.Rpc.Wire;

/// <summary>A message that was read, or, as the default value, the end of the stream.</summary>
public readonly struct ReadMessage<T>(T value)
{
    /// <summary>False at the end of the stream.</summary>
    public bool HasValue { get; } = true;

    /// <summary>The message; meaningful when <see cref="HasValue"/>.</summary>
    public T Value { get; } = value;
}
