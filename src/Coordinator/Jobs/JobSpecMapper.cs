using System.Globalization;
using BuildFarm.Coordinator.Secrets;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>What the scheduler needs to know of a submitted job. The templates stay with the coordinator.</summary>
public sealed class JobSpecMapper(RecordedDurations durations, CoordinatorOptions options)
{
    /// <summary>Maps a validated spec.</summary>
    /// <param name="spec">As submitted.</param>
    /// <param name="instance">Name of its instance.</param>
    public JobSpec ToScheduling(V1.JobSpec spec, string instance)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var indexByName = spec.Tasks.Index().ToDictionary(task => task.Item.Name, task => task.Index, StringComparer.Ordinal);
        var mapped = new JobSpec(spec.Name, [.. spec.Tasks.Select(template => ToScheduling(template, indexByName))])
        {
            Priority = spec.Priority,
            Submitter = spec.Submitter,
            Instance = instance,
            FailFast = spec.FailFast,
            Deadline = spec.Deadline?.ToTimeSpan() ?? TimeSpan.Zero,
        };
        return spec.SupersedeKey.Length == 0 ? mapped : mapped with { SupersedeKey = KeyOf(spec.SupersedeKey, mapped) };
    }

    /// <summary>Jobs of other people and of other instances never meet; the lengths keep the three parts apart.</summary>
    private static string KeyOf(string key, JobSpec job) =>
        string.Create(CultureInfo.InvariantCulture, $"{job.Instance.Length}.{job.User.Length}.{job.Instance}/{job.User}/{key}");

    private TaskSpec ToScheduling(V1.TaskTemplate template, Dictionary<string, int> indexByName) => new(template.Name)
    {
        Needs = [.. template.Needs.Select(need => indexByName[need])],
        Resources = ResourceMessages.ToScheduling(template.Resources),
        Platform = Platform.Of(TaskSecrets.AddOffer(template, KeptHomes.PlatformOf(template)).ToDictionary(StringComparer.Ordinal)),
        Timeout = template.Timeout?.ToTimeSpan() ?? options.DefaultTimeout,
        ExpectedDuration = durations.Find(template) ?? template.ExpectedDuration?.ToTimeSpan() ?? TimeSpan.Zero,
        ExpectedMemoryBytes = durations.FindMemory(template) ?? 0,
        Priority = template.Priority,
        Retries = template.Retries,
        Kind = (TaskKind)template.Kind,
        Deadline = template.Deadline?.ToTimeSpan() ?? TimeSpan.Zero,
        Cacheable = !template.DoNotCache && !KeptHomes.IsKept(template),
        SkipLookUp = template.SkipCacheLookup,
        Exclusive = [.. KeptHomes.ExclusiveOf(template)],
    };
}
