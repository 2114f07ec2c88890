using BuildFarm.Hosting.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BuildFarm.Worker;

/// <summary>Adds a worker to a host.</summary>
public static class WorkerServices
{
    /// <summary>
    /// Adds the worker. It takes from the container a <see cref="Link.WorkerConnection"/>, an <c>IFileBlobStore</c> that reaches all of the farm's
    /// blobs, an <c>ILogStore</c>, and what <c>AddFarmHosting</c> adds.
    /// </summary>
    /// <exception cref="ConfigurationProblemsException">The options cannot be used.</exception>
    public static IServiceCollection AddWorker(this IServiceCollection services, WorkerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = options.FindProblems().ToList();
        if (problems.Count > 0)
            throw new ConfigurationProblemsException(problems);
        services.AddSingleton(options);
        services.AddSingleton<WorkerAgent>();
        services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<WorkerAgent>());
        return services;
    }
}
