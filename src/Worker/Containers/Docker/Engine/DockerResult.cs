using System.Diagnostics.CodeAnalysis;

namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>What a call to the daemon gave: a value, or why there is none.</summary>
internal readonly struct DockerResult<T>
{
    private readonly T? _value;

    private DockerResult(T? value, DockerError? error)
    {
        _value = value;
        Error = error;
    }

    /// <summary>Null when there is a value.</summary>
    public DockerError? Error { get; }

    /// <exception cref="InvalidOperationException">There is none.</exception>
    public T Value => Error is null ? _value! : throw new InvalidOperationException(Error.Message);

    public static implicit operator DockerResult<T>(T value) => new(value, null);

    public static implicit operator DockerResult<T>(DockerError error) => new(default, error);

    /// <summary>True with the value, or false with the error.</summary>
    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out DockerError? error)
    {
        value = _value;
        error = Error;
        return error is null;
    }
}
