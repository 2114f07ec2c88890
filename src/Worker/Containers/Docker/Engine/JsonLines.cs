using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>An answer that comes bit by bit: JSON values one after the other.</summary>
/// <param name="stream">Owned.</param>
/// <param name="type">Of the values.</param>
internal sealed class JsonLines<T>(Stream stream, JsonTypeInfo<T> type) : IAsyncDisposable
    where T : class
{
    /// <summary>The values as they come; an error is the last.</summary>
    public async IAsyncEnumerable<DockerResult<T>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var values = JsonSerializer.DeserializeAsyncEnumerable(stream, type, topLevelValues: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(values) is { } next)
        {
            yield return next;
            if (next.Error is not null)
                yield break;
        }
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private static async ValueTask<DockerResult<T>?> NextAsync(IAsyncEnumerator<T?> values)
    {
        try
        {
            if (!await values.MoveNextAsync())
                return null;
            return values.Current is { } value ? value : throw new JsonException("null in the place of a value");
        }
        catch (Exception e) when (e is IOException or JsonException or HttpRequestException)
        {
            return new DockerError(0, $"the Docker daemon's answer broke off: {EngineConnection.OneLine(e.Message)}");
        }
    }
}
