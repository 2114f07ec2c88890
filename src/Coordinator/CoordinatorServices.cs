using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Coordinator.Admin;
using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Leading;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Coordinator.Reapi;
using BuildFarm.Coordinator.Resolving;
using BuildFarm.Coordinator.Secrets;
using BuildFarm.Coordinator.Web;
using BuildFarm.Coordinator.Why;
using BuildFarm.Coordinator.Workers;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Health;
using BuildFarm.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator;

/// <summary>Puts a coordinator into a host.</summary>
public static class CoordinatorServices
{
    private const int RecordedDurationsCapacity = 100_000;

    /// <summary>A job of a hundred thousand tasks with commands of a kilobyte fits.</summary>
    private const int LargestRequestBytes = 128 << 20;

    /// <summary>
    /// Adds the coordinator. The host brings, as singletons: an <see cref="IBlobStore"/> (the CAS), an
    /// <see cref="IActionCache"/>, gRPC, and what <see cref="FarmHost.AddFarmHosting"/> adds. It may bring its own
    /// <see cref="IJournal"/>, <see cref="IJobHistory"/>, <see cref="IActionHistory"/>, <see cref="ILeadership"/>, <see cref="IIdSource"/> and <see cref="InstanceEnvironments"/>
    /// (the cache shares the last); otherwise jobs live as long as the process.
    /// </summary>
    public static IServiceCollection AddCoordinator(this IServiceCollection services, CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Readiness>();
        services.TryAddSingleton<FatalError>();
        services.TryAddSingleton<InstanceEnvironments>();
        services.TryAddSingleton<IInstanceEnvironment>(provider => provider.GetRequiredService<InstanceEnvironments>());
        services.TryAddSingleton<IIdSource, RandomIdSource>();
        services.AddGrpc()
            .AddServiceOptions<JobsService>(grpc => grpc.MaxReceiveMessageSize = LargestRequestBytes)
            .AddServiceOptions<WorkersService>(grpc => grpc.MaxReceiveMessageSize = LargestRequestBytes);
        services.AddLeadership();
        services.AddSingleton<CoordinatorMetrics>();
        services.AddSingleton<ExecutionNames>();
        return services.AddJobs(options).AddResolving().AddWhy().AddWorkerLink().AddReapi().AddLoop(options);
    }

    /// <summary>Maps the coordinator's gRPC services and its pages. Health is the host's: <see cref="HealthEndpoints.MapHealth"/>.</summary>
    public static IEndpointRouteBuilder MapCoordinator(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.MapGrpcService<JobsService>();
        endpoints.MapGrpcService<WorkersService>();
        endpoints.MapGrpcService<AdminService>();
        endpoints.MapGrpcService<ExecutionService>();
        endpoints.MapGrpcService<OperationsService>();
        endpoints.MapPages();
        return endpoints;
    }

    /// <summary>Maps REAPI's Capabilities, where no cache at the same address does.</summary>
    public static IEndpointRouteBuilder MapExecutionCapabilities(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.MapGrpcService<ExecutionCapabilitiesService>();
        return endpoints;
    }

    /// <summary>Only the coordinator that leads answers; health is everybody's.</summary>
    private static void AddLeadership(this IServiceCollection services)
    {
        services.TryAddSingleton<ILeadership, SoleLeadership>();
        services.AddSingleton<LeaderOnly>();
        services.AddGrpc()
            .AddServiceOptions<JobsService>(static grpc => grpc.Interceptors.Add<LeaderOnly>())
            .AddServiceOptions<WorkersService>(static grpc => grpc.Interceptors.Add<LeaderOnly>())
            .AddServiceOptions<AdminService>(static grpc => grpc.Interceptors.Add<LeaderOnly>())
            .AddServiceOptions<ExecutionService>(static grpc => grpc.Interceptors.Add<LeaderOnly>())
            .AddServiceOptions<OperationsService>(static grpc => grpc.Interceptors.Add<LeaderOnly>())
            .AddServiceOptions<ExecutionCapabilitiesService>(static grpc => grpc.Interceptors.Add<LeaderOnly>());
    }

    private static IServiceCollection AddJobs(this IServiceCollection services, CoordinatorOptions options)
    {
        services.TryAddSingleton<IJobHistory>(_ => new MemoryJobHistory(options.HistoryJobs));
        services.AddSingleton(new RecordedDurations(RecordedDurationsCapacity));
        services.AddSingleton<JobTable>();
        services.AddSingleton<JobFinder>();
        services.AddSingleton<JobLister>();
        services.AddSingleton<JobSpecValidator>();
        services.AddSingleton<JobSpecMapper>();
        services.AddSingleton<InputCheck>();
        services.AddSingleton<SecretStore>();
        services.AddSingleton<JobAdmission>();
        services.AddSingleton<WaitExplainer>();
        services.AddSingleton<ChildWaits>();
        services.AddSingleton<ParentWaiting>();
        services.AddSingleton<TaskPresenter>();
        services.AddSingleton<FilingProgress>();
        services.AddSingleton<JobHubParts>();
        services.AddSingleton<FinishedOperations>();
        services.AddSingleton<JobEventHub>();
        services.AddSingleton<JobsService>();
        return services.AddSingleton<AdminService>();
    }

    private static IServiceCollection AddResolving(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => provider.GetRequiredService<IActionCache>() as CompletenessCheckingActionCache
            ?? new CompletenessCheckingActionCache(
                provider.GetRequiredService<IActionCache>(),
                provider.GetRequiredService<IBlobStore>(),
                provider.GetRequiredService<ILogger<CompletenessCheckingActionCache>>()));
        services.AddSingleton<InputCores>();
        services.AddSingleton<TaskResolver>();
        services.AddSingleton(provider => new ActionLookUp(
            provider.GetRequiredService<CompletenessCheckingActionCache>(),
            provider.GetRequiredService<ILogger<ActionLookUp>>()));
        services.AddSingleton<ActionStorer>();
        services.AddSingleton<ActionWork>();
        services.AddSingleton<BlobLeases>();
        return services.AddSingleton<IActionWork>(provider => provider.GetRequiredService<ActionWork>());
    }

    private static IServiceCollection AddWhy(this IServiceCollection services)
    {
        services.TryAddSingleton<IActionHistory>(_ => new MemoryActionHistory(JournalServices.RememberedActions));
        services.AddSingleton<ActionRecorder>();
        services.AddSingleton<NearestAction>();
        return services.AddSingleton<ActionExplainer>();
    }

    private static IServiceCollection AddWorkerLink(this IServiceCollection services)
    {
        services.TryAddSingleton(WorkerProtocol.OfThisRelease);
        services.AddSingleton<LinkRegistry>();
        services.AddSingleton<WorkerMessages>();
        services.AddSingleton<AssignmentWriter>();
        services.AddSingleton<WorkerFacts>();
        services.AddSingleton<WorkerHomes>();
        services.AddSingleton<HomeKeeper>();
        services.AddSingleton<SecretDelivery>();
        return services.AddSingleton<WorkersService>();
    }

    private static IServiceCollection AddReapi(this IServiceCollection services)
    {
        services.AddSingleton<PlatformMap>();
        services.AddSingleton<ActionCheck>();
        services.AddSingleton<ActionTemplates>();
        services.AddSingleton<OperationFinder>();
        services.AddSingleton<OperationPresenter>();
        services.AddSingleton<OperationStream>();
        services.AddSingleton<OperationWaiters>();
        services.AddSingleton<StartGrace>();
        services.AddSingleton<ExecutionCapabilitiesService>();
        services.AddSingleton<ExecutionService>();
        return services.AddSingleton<OperationsService>();
    }

    /// <summary>Services that run are stopped in the reverse of this order: the loop first, so that nothing new is decided.</summary>
    private static IServiceCollection AddLoop(this IServiceCollection services, CoordinatorOptions options)
    {
        services.TryAddSingleton<IJournal>(_ => new VolatileJournal());
        services.TryAddSingleton<IEventCodec, EventCodec>();
        services.AddSingleton(new Scheduler(options.ToSchedulerOptions()));
        services.AddSingleton<SchedulerState>();
        services.AddSingleton<SchedulerQueue>();
        services.AddSingleton<JournalShadow>();
        services.AddSingleton<RecoveredNames>();
        services.AddSingleton<JournalRecovery>();
        services.AddSingleton<IEffectRelease, EffectRelease>();
        services.AddSingleton<SchedulerLoopParts>();
        services.AddSingleton<SchedulerLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<JournalShadow>());
        services.AddHostedService(provider => provider.GetRequiredService<OperationWaiters>());
        services.AddHostedService(provider => provider.GetRequiredService<JobEventHub>());
        services.AddHostedService(provider => provider.GetRequiredService<ActionRecorder>());
        services.AddHostedService(provider => provider.GetRequiredService<ActionWork>());
        services.AddHostedService(provider => provider.GetRequiredService<BlobLeases>());
        return services.AddHostedService(provider => provider.GetRequiredService<SchedulerLoop>());
    }
}
