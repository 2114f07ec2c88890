using System.Reflection;
using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Health;
using Microsoft.Extensions.Configuration;
using Xunit;
using ListenOptions = BuildFarm.Hosting.Configuration.ListenOptions;

namespace BuildFarm.Architecture.Tests;

/// <summary>What the services take on their command lines.</summary>
internal static class ProgramOptions
{
    private static readonly Dictionary<string, Type> Sections = new(StringComparer.Ordinal)
    {
        ["BuildFarm.Cache/Cache"] = typeof(BuildFarm.Cache.CacheOptions),
        ["BuildFarm.Coordinator/Cache"] = typeof(Coordinator.RemoteCacheOptions),
        ["BuildFarm.Coordinator/Coordinator"] = typeof(Coordinator.CoordinatorOptions),
        ["BuildFarm.Coordinator/Journal"] = typeof(Coordinator.JournalOptions),
        ["BuildFarm.Coordinator/Lease"] = typeof(Coordinator.Leading.LeaseOptions),
        ["BuildFarm.Worker/Worker"] = typeof(Worker.WorkerOptions),
        ["BuildFarm.Worker/Peers"] = typeof(Worker.WorkerOptions).Assembly.GetType("BuildFarm.Worker.WorkerPeers", throwOnError: true)!,
    };

    /// <summary>Fails unless a program takes these arguments, with this in its environment.</summary>
    public static void Check(string program, IEnumerable<string> given, params (string Name, string Value)[] environment)
    {
        // What Secrets bring is not on this machine.
        var key = Path.GetTempFileName();
        var secrets = Directory.CreateTempSubdirectory("buildfarm-secrets-").FullName;
        try
        {
            File.WriteAllText(key, new string('k', 64));
            var arguments = given.Select(argument => argument.Replace("/etc/buildfarm/key", key, StringComparison.Ordinal).Replace("/etc/buildfarm-secrets", secrets, StringComparison.Ordinal)).ToArray();
            var sections = Sections.Where(section => section.Key.StartsWith(program + "/", StringComparison.Ordinal))
                .Select(section => (Section: section.Key[(program.Length + 1)..], Options: section.Value))
                .Append(("Listen", typeof(ListenOptions))).Append(("Shutdown", typeof(ShutdownOptions))).ToArray();
            Assert.Null(new ServiceCommandLine(program, "", sections).Answer(arguments, TextWriter.Null, TextWriter.Null));
            var variables = environment.Select(variable => KeyValuePair.Create(variable.Name.Replace("__", ":", StringComparison.Ordinal), (string?)variable.Value));
            var reader = new OptionsReader(new ConfigurationBuilder().AddInMemoryCollection(variables).AddCommandLine(arguments).Build());
            foreach (var (section, options) in sections)
            {
                typeof(OptionsReader).GetMethod(nameof(OptionsReader.Read), BindingFlags.Public | BindingFlags.Instance)!.MakeGenericMethod(options).Invoke(reader, [section]);
            }

            reader.ThrowIfAnyProblem();
        }
        finally
        {
            File.Delete(key);
            Directory.Delete(secrets);
        }
    }
}
