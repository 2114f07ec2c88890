using System.Net;
using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Health;
using BuildFarm.Hosting.Local;
using BuildFarm.Hosting.Logging;
using BuildFarm.Hosting.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using ListenOptions = BuildFarm.Hosting.Configuration.ListenOptions;

namespace BuildFarm.Hosting;

/// <summary>What every service of the farm does alike from its first line to its exit code.</summary>
public static class FarmHost
{
    /// <summary>
    /// A builder with the farm's logging, readiness, shutdown order and telemetry. Configuration comes from
    /// <c>appsettings.json</c> beside the program, environment variables and the command line, later ones winning.
    /// </summary>
    /// <param name="serviceName">Name in telemetry, e.g. <c>buildfarm-coordinator</c>.</param>
    /// <param name="args">The command line, as <c>--Section:Option value</c>.</param>
    public static WebApplicationBuilder CreateBuilder(string serviceName, string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = args,
            ApplicationName = serviceName,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Logging.AddFarmConsole(builder.Configuration);
        builder.Services.AddFarmHosting(serviceName, new ShutdownOptions());
        return builder;
    }

    /// <summary>gRPC, health, readiness, shutdown order, time and telemetry; for hosts that do not come from <see cref="CreateBuilder"/> too.</summary>
    public static IServiceCollection AddFarmHosting(this IServiceCollection services, string serviceName, ShutdownOptions shutdown)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Readiness>();
        services.TryAddSingleton<FatalError>();
        services.UseShutdown(shutdown);
        services.AddHostedService<ReadinessFirst>();
        services.AddGrpc();
        services.AddGrpcHealth();
        services.AddGrpcReflection();
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(TelemetryExport.EndpointVariable)))
        {
            services.AddSingleton<IHostedService>(_ => new TelemetryExport(serviceName));
        }

        return services;
    }

    /// <summary>Replaces the shutdown options, e.g. once they have been read from the configuration.</summary>
    public static IServiceCollection UseShutdown(this IServiceCollection services, ShutdownOptions shutdown)
    {
        services.Replace(ServiceDescriptor.Singleton(shutdown));
        return services.Configure<HostOptions>(host => host.ShutdownTimeout = shutdown.NotReadyFor + shutdown.Timeout);
    }

    /// <summary>
    /// Listens for gRPC (HTTP/2 without TLS) and plain HTTP where <paramref name="listen"/> says, and for gRPC on a unix
    /// socket when <paramref name="socket"/> is given.
    /// </summary>
    public static IWebHostBuilder UseFarmEndpoints(this IWebHostBuilder web, ListenOptions listen, LocalFarmSocket? socket = null) =>
        web.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureGrpcKestrel();
            kestrel.Listen(IPEndPoint.Parse(listen.Grpc), endpoint => endpoint.Protocols = HttpProtocols.Http2);
            if (listen.Http.Length > 0)
            {
                kestrel.Listen(IPEndPoint.Parse(listen.Http), endpoint => endpoint.Protocols = HttpProtocols.Http1);
            }

            if (socket is not null)
            {
                kestrel.ListenUnixSocket(socket.Path, endpoint => endpoint.Protocols = HttpProtocols.Http2);
            }
        });

    /// <summary>
    /// Runs a service to its end and turns what may go wrong into clear lines on standard error and an
    /// <see cref="ExitCode"/>. A service whose <see cref="FatalError.BeginsAnew"/> is built again, in the same process.
    /// </summary>
    /// <param name="build">Builds the application; configuration problems may be thrown from it.</param>
    public static async Task<int> RunAsync(Func<WebApplication> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        try
        {
            while (true)
            {
                await using var app = build();
                var failure = app.Services.GetService<FatalError>();
                try
                {
                    await app.RunAsync();
                }
                catch (OperationCanceledException) when (failure?.Message is not null)
                {
                    // What failed while the others started has said so; that they were stopped in their start is no news.
                }

                if (failure is not { BeginsAnew: true })
                {
                    return failure?.Message is null ? ExitCode.Ok : ExitCode.Infrastructure;
                }
            }
        }
        catch (ConfigurationProblemsException e)
        {
            foreach (var problem in e.Problems)
            {
                await Console.Error.WriteLineAsync($"configuration: {problem}");
            }

            return ExitCode.Usage;
        }
        catch (Exception e) when (e is IOException or DataDirectoryInUseException or LocalFarmSocketException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"cannot start: {e.Message}");
            return ExitCode.Infrastructure;
        }
    }
}
