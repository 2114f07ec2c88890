using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>What the scheduler needs to know of a submitted job. The templates stay with the coordinator.</summary>
public sealed class JobSpecMapper(RecordedDurations durations, CoordinatorOptions options)
{
    /// <summary>Maps a validated spec.</summary>
    public JobSpec ToScheduling(V1.JobSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var indexByName = spec.Tasks.Index().ToDictionary(task => task.Item.Name, task => task.Index, StringComparer.Ordinal);
        return new JobSpec(spec.Name, [.. spec.Tasks.Select(template => ToScheduling(template, indexByName))])
        {
            Priority = spec.Priority,
            Submitter = spec.Submitter,
            FailFast = spec.FailFast,
            Deadline = spec.Deadline?.ToTimeSpan() ?? TimeSpan.Zero,
        };
    }

    private TaskSpec ToScheduling(V1.TaskTemplate template, Dictionary<string, int> indexByName) => new(template.Name)
    {
        Needs = [.. template.Needs.Select(need => indexByName[need])],
        Resources = ResourceMessages.ToScheduling(template.Resources),
        Platform = Platform.Of(template.Platform),
        Timeout = template.Timeout?.ToTimeSpan() ?? options.DefaultTimeout,
        ExpectedDuration = durations.Find(template) ?? template.ExpectedDuration?.ToTimeSpan() ?? TimeSpan.Zero,
        Kind = (TaskKind)template.Kind,
        Deadline = template.Deadline?.ToTimeSpan() ?? TimeSpan.Zero,
        Cacheable = !template.DoNotCache,
        SkipLookUp = template.SkipCacheLookup,
        Exclusive = [.. template.Exclusive.Order(StringComparer.Ordinal)],
    };
}
