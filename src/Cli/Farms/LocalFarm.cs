using BuildFarm.Cache;
using BuildFarm.Cli.Output;
using BuildFarm.Coordinator;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Health;
using BuildFarm.Hosting.Local;
using BuildFarm.Worker;
using BuildFarm.Worker.Offer;
using BuildFarm.Worker.Link;
using BuildFarm.Worker.Rootless;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Cli.Farms;

/// <summary>
/// Coordinator, cache and worker in this process. They talk gRPC as they would across machines, but the worker reads the
/// cache's own files, so a task's bytes do not travel.
/// </summary>
internal sealed class LocalFarm : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<IDisposable> _held;
    private bool _stopped;

    private LocalFarm(WebApplication app, Uri address, List<IDisposable> held)
    {
        _app = app;
        _held = held;
        Address = address;
    }

    /// <summary>Where this process reaches it.</summary>
    public Uri Address { get; }

    /// <summary>Where gRPC is, as a URL.</summary>
    public string GrpcUrl => _app.Urls.First();

    /// <summary>Where pages and health are, as a URL; empty when they are off.</summary>
    public string WebUrl => _app.Urls.Skip(1).FirstOrDefault(url => !url.Contains("unix:", StringComparison.Ordinal)) ?? string.Empty;

    /// <summary>Starts everything and waits until a task could run.</summary>
    /// <exception cref="FarmException">A port is taken, the data folder is in use, or no container runtime works.</exception>
    public static async Task<LocalFarm> StartAsync(LocalFarmOptions options, CancellationToken cancellationToken)
    {
        if (options.Workers != 0)
        {
            RootlessEntry.EnterIfNeeded(options.Isolation);
        }

        var held = new List<IDisposable>();
        try
        {
            var data = DataDirectory.Open(options.DataFolder, options.Holder);
            held.Add(data);
            var socket = Reserve(options, held);
            var app = Build(options, data, socket, held);
            await StartAsync(app, options, cancellationToken);
            var farm = new LocalFarm(app, socket.Address, held);
            app.Services.GetRequiredService<CoordinatorOptions>().PublicHttpUrl = farm.WebUrl;
            try
            {
                await farm.WaitUntilReadyAsync(cancellationToken);
                return farm;
            }
            catch
            {
                await farm.DisposeAsync();
                throw;
            }
        }
        catch (Exception error) when (error is DataDirectoryInUseException or LocalFarmSocketException)
        {
            Release(held);
            throw FarmException.Infrastructure(error.Message, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Release(held);
            throw FarmException.Infrastructure($"The farm cannot start: {error.Message}", error);
        }
        catch
        {
            Release(held);
            throw;
        }
    }

    /// <summary>Returns when a signal, or a fault that says so itself, has ended it; the exit status.</summary>
    public async Task<int> RunAsync()
    {
        await _app.WaitForShutdownAsync();
        _stopped = true;
        return _app.Services.GetRequiredService<FatalError>().Message is null ? ExitCode.Ok : ExitCode.Infrastructure;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            await _app.StopAsync();
        }

        await _app.DisposeAsync();
        Release(_held);
    }

    private static LocalFarmSocket Reserve(LocalFarmOptions options, List<IDisposable> held)
    {
        if (options.HasSocket)
        {
            var reservation = LocalFarmSocket.OfCurrentUser().Reserve();
            held.Add(reservation);
            return reservation.Socket;
        }

        var own = new PrivateSocket();
        held.Add(own);
        return own.Socket;
    }

    private static WebApplication Build(LocalFarmOptions options, DataDirectory data, LocalFarmSocket socket, List<IDisposable> held)
    {
        var builder = FarmHost.CreateBuilder("buildfarm", []);
        // What ends the farm is told by whoever started it, in one line.
        builder.Logging.AddFilter(typeof(FatalError).FullName, LogLevel.None);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        if (!options.Talks)
        {
            builder.Logging.AddFilter(null, LogLevel.Error);
            builder.Logging.AddFilter("BuildFarm", LogLevel.Error);
        }

        if (!options.ObeysSignals)
        {
            builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        }

        builder.WebHost.UseFarmEndpoints(
            new ListenOptions
            {
                Grpc = $"{options.ListenAddress}:{options.Port}",
                Http = options.HttpPort is { } http ? $"{options.ListenAddress}:{http}" : string.Empty,
            },
            socket);
        builder.Services.UseShutdown(new ShutdownOptions { Timeout = options.DrainGrace + TimeSpan.FromSeconds(10) });
        builder.Services.AddCache(Cache(options, data));
        AddJournal(builder.Services, options, data);
        builder.Services.AddCoordinator(Coordinator(options));
        if (options.Workers != 0)
        {
            AddWorker(builder.Services, options, data, socket, held);
        }

        var app = builder.Build();
        app.MapCache();
        app.MapCoordinator();
        app.MapHealth();
        return app;
    }

    private static CacheOptions Cache(LocalFarmOptions options, DataDirectory data) =>
        new() { Directory = data.Folder("cache"), AllowClientUpdates = options.AcceptResults, ExecutionEnabled = true };

    private static void AddJournal(IServiceCollection services, LocalFarmOptions options, DataDirectory data)
    {
        var folder = data.Folder("coordinator");
        var history = new CoordinatorOptions().HistoryJobs;
        if (options.KeepsJobs)
        {
            services.AddJournal(new JournalOptions { Directory = folder }, history);
        }
        else
        {
            services.AddHistory(folder, history);
        }
    }

    private static CoordinatorOptions Coordinator(LocalFarmOptions options)
    {
        var pool = new PoolOptions { Platform = { ["OSFamily"] = "linux", ["Arch"] = Machine.Architecture() } };
        pool.Platform["container-image"] = new WorkerOptions { Root = options.Root, Isolation = options.Isolation, Docker = options.Docker }.ImageName;
        if (options.AllowNetwork)
        {
            pool.Platform["network"] = "allowed";
        }

        // Asked of every worker of the pool, so only when the farm brings its own.
        if (options.Isolation is "oci" or "docker" && options.Workers != 0)
        {
            pool.Platform[HomeProperties.Offered] = HomeProperties.All;
        }

        if (options.AllowNestedUserNamespaces)
        {
            pool.Platform["nested-userns"] = "allowed";
        }

        if (options.Secrets.Length > 0)
        {
            pool.Platform[SecretProperties.Offered] = SecretProperties.Files;
        }

        return new CoordinatorOptions { Pools = [pool], SecretsDirectory = options.Secrets };
    }

    private static void AddWorker(
        IServiceCollection services, LocalFarmOptions options, DataDirectory data, LocalFarmSocket socket, List<IDisposable> held)
    {
        var channel = GrpcChannel.ForAddress(socket.Address, new GrpcChannelOptions { InitialReconnectBackoff = TimeSpan.FromMilliseconds(20) });
        held.Add(channel);
        services.AddSingleton(new WorkerConnection(channel.CreateCallInvoker().Intercept(new WaitForServer())));
        services.AddWorker(new WorkerOptions
        {
            DataDirectory = data.Folder("worker"),
            Slots = options.Workers ?? 0,
            Isolation = options.Isolation,
            Docker = options.Docker,
            Root = options.Root,
            AllowNetwork = options.AllowNetwork,
            AllowNestedUserNamespaces = options.AllowNestedUserNamespaces,
            DrainGrace = options.DrainGrace,
        });
    }

    private static async Task StartAsync(WebApplication app, LocalFarmOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception error)
        {
            var fatal = app.Services.GetRequiredService<FatalError>().Message;
            await app.DisposeAsync();
            if (fatal is not null)
            {
                throw FarmException.Infrastructure($"The farm cannot start: {fatal}.", error);
            }

            throw error is IOException && error.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase)
                ? FarmException.Infrastructure(
                    $"A port of the farm is in use ({TaskText.Clean(error.Message)}); stop the other program, or choose --port and --http-port ({options.Port} and {options.HttpPort} now).", error)
                : error;
        }
    }

    // Ready means that the state is recovered and, with a local worker, that its link works: a task could run now.
    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var readiness = _app.Services.GetRequiredService<Readiness>();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (readiness.IsReady)
            {
                ready.TrySetResult();
            }
        }

        readiness.Changed += Look;
        Look();
        using var stopping = _app.Lifetime.ApplicationStopping.Register(() => ready.TrySetCanceled());
        try
        {
            await ready.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (_app.Services.GetRequiredService<FatalError>().Message is { } fatal)
        {
            throw FarmException.Infrastructure($"The farm cannot start: {fatal}.");
        }
        finally
        {
            readiness.Changed -= Look;
        }
    }

    private static void Release(List<IDisposable> held)
    {
        for (var i = held.Count - 1; i >= 0; i--)
        {
            held[i].Dispose();
        }

        held.Clear();
    }
}
