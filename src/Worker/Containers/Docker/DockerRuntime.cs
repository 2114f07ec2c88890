using System.Security.Cryptography;
using System.Text;
using BuildFarm.Worker.Containers.Docker.Engine;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Processes;
using BuildFarm.Worker.Removal;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>
/// Containers of a Docker daemon on this machine, one for a task. Each is started before anybody knows its task: its process 1 is a
/// shell that waits, gets the workspace mounted, is told the task and becomes it. A start that nothing was prepared for goes the
/// same way.
/// </summary>
internal sealed class DockerRuntime : IContainerRuntime
{
    /// <summary>What marks the containers of a worker; its value is the worker.</summary>
    internal const string Label = "buildfarm.worker";

    // A daemon that still removes the containers of a predecessor keeps their names.
    private const int NonceDigits = 8;

    private readonly DockerRuntimeOptions _options;
    private readonly IDockerClient _client;
    private readonly ReadinessPoller _poller;
    private readonly BackgroundRemover _remover;
    private readonly ILogger _logger;
    private readonly DaemonWatch _daemon;
    private readonly ContainersInUse _inUse = new();
    private EngineInfo? _info;
    private ApiVersion _version;
    private DockerCgroups? _cgroups;
    private TaskMounts? _mounts;
    private ContainerMaker? _maker;
    private PreparedContainers? _prepared;

    public DockerRuntime(DockerRuntimeOptions options, IDockerClient client, ReadinessPoller poller, BackgroundRemover remover, TimeProvider time, ILogger logger)
    {
        _options = options;
        _client = client;
        _poller = poller;
        _remover = remover;
        _logger = logger;
        _daemon = new DaemonWatch(options.Docker.Socket, HealAsync, time, logger);
    }

    public event Action<string>? UsableChanged
    {
        add => _daemon.Changed += value;
        remove => _daemon.Changed -= value;
    }

    public string Name => "docker";

    public string? Image { get; private set; }

    public string Description =>
        _info is null
            ? $"docker ({_options.Docker.Socket}, not probed)"
            : $"docker {_info.ServerVersion} (API {_version}, {_cgroups!.Description}, {_info.Driver}, image {_options.Docker.Image} {Image}, {UserNamespace})";

    public WorkspaceKind WorkspaceKind => WorkspaceKind.Overlay;

    public bool TakesSecrets => true;

    public bool TakesHomes => true;

    public TaskOwner Owner { get; private set; } = new(ContainerPaths.UserId, Differs: true);

    /// <summary>Those that wait for a task.</summary>
    internal PreparedContainers Prepared => _prepared ?? throw new InvalidOperationException("the runtime was not probed");

    private string UserNamespace => Owner.UserId == ContainerPaths.UserId ? "no user namespaces" : $"user namespaces from uid {Owner.UserId - ContainerPaths.UserId}";

    public string HomePath(string stateDirectory) => ContainerPaths.Home;

    public string TemporaryPath(string stateDirectory) => ContainerPaths.Temporary;

    public string RuntimePath(string stateDirectory) => ContainerPaths.Runtime;

    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        if (Libc.EffectiveUser() != 0)
            throw new RuntimeUnusableException("workspaces of containers can be mounted by root alone: run the worker as root, or ask for --isolation none by name");
        try
        {
            await _daemon.OpenAsync(cancellationToken);
            await ConnectAsync(cancellationToken);
            var recipe = new ContainerRecipe(Image!, KeyValuePair.Create(Label, _options.Owner), _options.ExtraRootPaths);
            _maker = new ContainerMaker(_client, recipe, _cgroups!, $"buildfarm-{_options.Owner}-{RandomNumberGenerator.GetHexString(NonceDigits, lowercase: true)}-", _poller, _remover, _daemon);
            var probe = new DockerProbe(_maker, this);
            var identity = await probe.IdentifyAsync(cancellationToken);
            Owner = new TaskOwner(identity.UserId, Differs: true);
            recipe.StandIns = WriteStandIns(identity);
            _mounts = await TaskMounts.CreateAsync(_options.StateDirectory, _options.InputsDirectory, Owner, _poller, cancellationToken);
            await probe.RunAsync(_options.InputsDirectory, _options.TasksDirectory, cancellationToken);
            _prepared = new PreparedContainers(_maker, _options.Prepared, _logger);
            _daemon.Start();
        }
        catch (Exception e) when (e is IOException or ContainerStartException or UnauthorizedAccessException)
        {
            throw new RuntimeUnusableException(e.Message);
        }
    }

    public async Task<IRunningContainer> StartAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Whoever is in before it is known that nothing can run is waited for, and who comes later is sent away.
        var use = _inUse.Enter();
        try
        {
            if (_daemon.Reason is { Length: > 0 } reason)
                throw new ContainerStartException(reason);
            var container = await _prepared!.TakeAsync(new ContainerClass(spec.Limits, spec.Network, spec.Profile), cancellationToken);
            return await BeginAsync(container, spec, use);
        }
        catch
        {
            use.Dispose();
            _daemon.Look();
            throw;
        }
    }

    public async Task<int> CleanUpAsync(CancellationToken cancellationToken)
    {
        var listed = await _client.ListAsync($"{Label}={_options.Owner}", cancellationToken);
        if (!listed.TryGet(out var left, out var error))
            throw Unusable(error);
        foreach (var container in left)
        {
            if (await _client.RemoveAsync(container.Id, cancellationToken) is { } refusal)
                throw new RuntimeUnusableException($"the container {container.Id} of a killed worker cannot be removed: {refusal.Message}");
        }

        return left.Length;
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        if (_prepared is not null)
            await _prepared.DisposeAsync();
        await _remover.CatchUpAsync();
        _cgroups?.RemoveAll();
        _mounts?.Dispose();
        _client.Dispose();
    }

    /// <summary>Gives a waiting container its task.</summary>
    internal async Task<IRunningContainer> BeginAsync(PreparedContainer container, ContainerSpec spec, IDisposable? use = null)
    {
        var scratch = _mounts!.ScratchOf(container.Id);
        var running = new DockerContainer(container, scratch, _client, _cgroups!.AreTheDaemons, _daemon, async () =>
        {
            await _maker!.RemoveAsync(container.Id, container.Cgroup, () => new ValueTask(_mounts.UnmountAsync(scratch)));
            use?.Dispose();
        });
        try
        {
            await _mounts.MountAsync(spec, scratch, container.Cgroup, container.Process.Id);
            container.Cgroup.CountHere(container.Process.Id);
            await container.Streams.WriteAsync(TaskScript.Of(spec), CancellationToken.None);
            return running;
        }
        catch (Exception e) when (e is IOException or ContainerStartException)
        {
            await running.DisposeAsync();
            throw new ContainerStartException($"a container cannot be given its task: {e.Message}");
        }
    }

    /// <summary>Gives a waiting container lines for its shell, and nothing that a task has.</summary>
    internal async Task<IRunningContainer> BeginAsync(PreparedContainer container, ReadOnlyMemory<byte> script)
    {
        await container.Streams.WriteAsync(script, CancellationToken.None);
        return new DockerContainer(
            container, scratch: null, _client, _cgroups!.AreTheDaemons, _daemon, () => _maker!.RemoveAsync(container.Id, container.Cgroup, static () => default));
    }

    private RuntimeUnusableException Unusable(DockerError error) =>
        new(error.Status == 0
            ? $"{error.Message}: start the daemon (apt-get install docker.io), name its socket with --docker-socket, or use --isolation oci"
            : $"the Docker daemon at {_options.Docker.Socket}: {error.Message}");

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        if (!(await _client.PingAsync(cancellationToken)).TryGet(out _version, out var silence))
            throw Unusable(silence);
        if (!(await _client.InfoAsync(cancellationToken)).TryGet(out var info, out var error))
            throw Unusable(error);
        _cgroups = DockerCgroups.For(
            info.CgroupDriver, info.CgroupVersion, _options.Owner, await File.ReadAllTextAsync("/proc/self/mounts", cancellationToken), await File.ReadAllTextAsync("/proc/self/cgroup", cancellationToken));
        _cgroups.RemoveAll();
        Image = await DockerImage.ResolveAsync(_client, _options.Docker, cancellationToken);
        _info = info;
    }

    /// <summary>Everything is as after a start: under another daemon, with nothing of the last.</summary>
    private async Task HealAsync(CancellationToken cancellationToken)
    {
        if ((await _client.PingAsync(cancellationToken)).Error is { } silence)
            throw Unusable(silence);
        // One that is being made may come to be under this daemon.
        await _prepared!.SettleAsync().WaitAsync(cancellationToken);
        await _prepared.DiscardAllAsync();
        // Those that ran under the last have been ended, and are being left.
        await _inUse.WhenIdleAsync(cancellationToken);
        await _remover.CatchUpAsync();
        await CleanUpAsync(cancellationToken);
        _cgroups!.RemoveAll();
        var image = await DockerImage.ResolveAsync(_client, _options.Docker, cancellationToken);
        if (!string.Equals(image, Image, StringComparison.Ordinal))
            throw new RuntimeUnusableException($"{_options.Docker.Image} is {image} there, and was {Image}; restart the worker");
        var probe = new DockerProbe(_maker!, this);
        var identity = await probe.IdentifyAsync(cancellationToken);
        if (identity.UserId != Owner.UserId)
            throw new RuntimeUnusableException($"tasks would be user {identity.UserId} there, and were {Owner.UserId}; restart the worker");
        await probe.RunAsync(_options.InputsDirectory, _options.TasksDirectory, cancellationToken);
        await _remover.CatchUpAsync();
    }

    /// <summary>The image's tables of users and groups, with the task's own in them.</summary>
    private Dictionary<string, string> WriteStandIns(ImageIdentity identity)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_options.StateDirectory, "etc")).FullName;
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, content) in identity.StandIns())
        {
            var path = Path.Combine(folder, name);
            File.WriteAllText(path, content, new UTF8Encoding(false));
            files[$"/etc/{name}"] = path;
        }

        return files;
    }
}
