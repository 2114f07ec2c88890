using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <inheritdoc cref="IDockerClient" />
/// <param name="socket">Path of the daemon's socket.</param>
/// <param name="time">Measures the limits of calls.</param>
internal sealed class DockerClient(string socket, TimeProvider time) : IDockerClient
{
    // Calls that do no work of their own; a daemon on a loaded machine may take seconds for them.
    private static readonly TimeSpan Brief = TimeSpan.FromSeconds(30);

    // Calls that make, start or remove something.
    private static readonly TimeSpan Working = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Unlimited = Timeout.InfiniteTimeSpan;

    private readonly EngineConnection _connection = new(socket, time);
    private ApiVersion _version = ApiVersion.Oldest;

    public Task<DockerResult<ApiVersion>> PingAsync(CancellationToken cancellationToken) =>
        _connection.CallAsync<ApiVersion>(
            // The one path without a version.
            new HttpRequestMessage(HttpMethod.Get, "/_ping"),
            Brief,
            (response, _) =>
            {
                var said = response.Headers.TryGetValues("Api-Version", out var values) ? values.First() : null;
                if (!ApiVersion.TryParse(said, out var daemons))
                    return Task.FromResult<DockerResult<ApiVersion>>(new DockerError(0, $"what listens at {socket} is no Docker daemon: its ping names no API version"));
                if (ApiVersion.Negotiate(daemons) is not { } version)
                    return Task.FromResult<DockerResult<ApiVersion>>(new DockerError(0, $"the Docker daemon at {socket} speaks API {daemons}; {ApiVersion.Oldest} (Docker 20.10) is the oldest that will do"));
                _version = version;
                return Task.FromResult<DockerResult<ApiVersion>>(version);
            },
            cancellationToken);

    public Task<DockerResult<EngineInfo>> InfoAsync(CancellationToken cancellationToken) =>
        _connection.CallAsync(Get("info"), Brief, EngineJson.Default.EngineInfo, cancellationToken);

    public async Task<DockerResult<string>> CreateAsync(string name, ContainerSettings settings, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(settings, EngineJson.Default.ContainerSettings));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var created = await _connection.CallAsync(Post($"containers/create?name={Escape(name)}", content), Working, EngineJson.Default.CreatedContainer, cancellationToken);
        return created.TryGet(out var container, out var error) ? container.Id : error;
    }

    public Task<DockerResult<AttachedStreams>> AttachAsync(string id, CancellationToken cancellationToken)
    {
        var request = Post($"containers/{Escape(id)}/attach?stream=1&stdin=1&stdout=1&stderr=1");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue("tcp"));
        return _connection.CallAsync<AttachedStreams>(
            request,
            Brief,
            static async (response, cancellation) => response.StatusCode == System.Net.HttpStatusCode.SwitchingProtocols
                ? new AttachedStreams(response, await response.Content.ReadAsStreamAsync(cancellation))
                : new DockerError((int)response.StatusCode, "the Docker daemon does not hand over the streams of containers"),
            cancellationToken);
    }

    public Task<DockerError?> StartAsync(string id, CancellationToken cancellationToken) =>
        _connection.CallAsync(Post($"containers/{Escape(id)}/start"), Working, cancellationToken);

    public async Task<DockerResult<int>> WaitAsync(string id, CancellationToken cancellationToken)
    {
        var waited = await _connection.CallAsync(Post($"containers/{Escape(id)}/wait"), Unlimited, EngineJson.Default.ContainerExit, cancellationToken);
        return waited.TryGet(out var exit, out var error) ? exit.StatusCode : error;
    }

    public Task<DockerResult<ContainerFacts>> InspectAsync(string id, CancellationToken cancellationToken) =>
        _connection.CallAsync(Get($"containers/{Escape(id)}/json"), Brief, EngineJson.Default.ContainerFacts, cancellationToken);

    public Task<DockerError?> KillAsync(string id, string signal, CancellationToken cancellationToken) =>
        _connection.CallAsync(Post($"containers/{Escape(id)}/kill?signal={Escape(signal)}"), Brief, cancellationToken);

    public async Task<DockerError?> RemoveAsync(string id, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Delete, Path($"containers/{Escape(id)}?force=1&v=1"));
        var error = await _connection.CallAsync(request, Working, cancellationToken);
        return error is { IsAbsent: true } or { IsConflict: true } ? null : error;
    }

    public Task<DockerResult<ContainerSummary[]>> ListAsync(string label, CancellationToken cancellationToken) =>
        _connection.CallAsync(Get($"containers/json?all=1&filters={Filter(("label", label))}"), Brief, EngineJson.Default.ContainerSummaryArray, cancellationToken);

    public Task<DockerResult<ImageFacts>> InspectImageAsync(string reference, CancellationToken cancellationToken) =>
        _connection.CallAsync(Get($"images/{Escape(reference)}/json"), Brief, EngineJson.Default.ImageFacts, cancellationToken);

    public Task<DockerError?> ImportImageAsync(Stream archive, string repository, string tag, CancellationToken cancellationToken) =>
        FollowAsync(Post($"images/create?fromSrc=-&repo={Escape(repository)}&tag={Escape(tag)}", Archive(archive)), cancellationToken);

    public Task<DockerError?> LoadImageAsync(Stream archive, CancellationToken cancellationToken) =>
        FollowAsync(Post("images/load?quiet=1", Archive(archive)), cancellationToken);

    public async Task<DockerError?> PullImageAsync(string reference, CancellationToken cancellationToken) =>
        reference.Contains("@sha256:", StringComparison.Ordinal)
            ? await FollowAsync(Post($"images/create?fromImage={Escape(reference)}"), cancellationToken)
            : new DockerError(0, $"{reference} names no digest, so what is pulled could be anything: name it as repository@sha256:…");

    public async IAsyncEnumerable<DockerResult<EngineEvent>> EventsAsync(string label, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var opened = await _connection.CallAsync<JsonLines<EngineEvent>>(
            Get($"events?filters={Filter(("type", "container"), ("label", label))}"),
            Unlimited,
            static async (response, cancellation) => new JsonLines<EngineEvent>(await response.Content.ReadAsStreamAsync(cancellation), EngineJson.Default.EngineEvent),
            cancellationToken);
        if (!opened.TryGet(out var lines, out var error))
        {
            yield return error;
            yield break;
        }

        await using (lines)
        {
            await foreach (var line in lines.ReadAsync(cancellationToken))
                yield return line;
        }
    }

    public void Dispose() => _connection.Dispose();

    private static string Escape(string text) => Uri.EscapeDataString(text);

    private static string Filter(params (string Name, string Value)[] filters) =>
        Escape(JsonSerializer.Serialize(
            filters.ToDictionary(static filter => filter.Name, static filter => new[] { filter.Value }), EngineJson.Default.DictionaryStringStringArray));

    private static StreamContent Archive(Stream archive) => new(archive) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-tar") } };

    private string Path(string rest) => $"/v{_version}/{rest}";

    private HttpRequestMessage Get(string rest) => new(HttpMethod.Get, Path(rest));

    private HttpRequestMessage Post(string rest, HttpContent? content = null) => new(HttpMethod.Post, Path(rest)) { Content = content };

    /// <summary>Makes a long call to its end, and finds out from its lines how it went.</summary>
    private async Task<DockerError?> FollowAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var followed = await _connection.CallAsync<bool>(
            request,
            Unlimited,
            static async (response, cancellation) =>
            {
                await using var lines = new JsonLines<ProgressLine>(await response.Content.ReadAsStreamAsync(cancellation), EngineJson.Default.ProgressLine);
                await foreach (var line in lines.ReadAsync(cancellation))
                {
                    if (!line.TryGet(out var progress, out var broken))
                        return broken;
                    if (progress.Error is { } error)
                        return new DockerError(0, EngineConnection.OneLine(error));
                }

                return true;
            },
            cancellationToken);
        return followed.Error;
    }
}
