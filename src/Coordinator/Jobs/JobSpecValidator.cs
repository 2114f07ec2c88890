using BuildFarm.V1;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>The rules of a submit that need nothing but the request itself; jobs.proto says them.</summary>
public sealed class JobSpecValidator(CoordinatorOptions options)
{
    private const int LongestName = 200;
    private const int LongestKey = 128;
    private const int HighestPriority = 1000;

    private readonly TaskTemplateValidator _templates = new(options);

    /// <summary>One line for each problem; none when the request can be taken.</summary>
    public IEnumerable<string> FindProblems(SubmitJobRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!options.Instances.Contains(request.InstanceName, StringComparer.Ordinal))
        {
            yield return $"instance_name '{request.InstanceName}' is not served here";
        }

        if (request.IdempotencyKey.Length > LongestKey)
        {
            yield return $"idempotency_key has more than {LongestKey} characters";
        }

        if (request.Spec is not { } spec)
        {
            yield return "spec is missing";
            yield break;
        }

        foreach (var problem in FindProblems(spec))
        {
            yield return problem;
        }
    }

    private IEnumerable<string> FindProblems(JobSpec spec)
    {
        if (spec.Name.Length > LongestName || spec.Name.Any(char.IsControl))
        {
            yield return $"spec.name has more than {LongestName} characters, or a control character";
        }

        if (spec.Submitter.Length > LongestName || spec.Submitter.Any(char.IsControl))
        {
            yield return $"spec.submitter has more than {LongestName} characters, or a control character";
        }

        if (Math.Abs((long)spec.Priority) > HighestPriority)
        {
            yield return $"spec.priority {spec.Priority} is not between -{HighestPriority} and {HighestPriority}";
        }

        if (spec.Deadline is { } deadline && (!TaskTemplateValidator.IsDuration(deadline) || deadline.ToTimeSpan() <= TimeSpan.Zero))
        {
            yield return "spec.deadline must be above 0";
        }

        if (spec.SupersedeKey.Length > LongestKey || spec.SupersedeKey.Any(char.IsControl))
        {
            yield return $"spec.supersede_key has more than {LongestKey} characters, or a control character";
        }

        if (spec.Tasks.Count == 0)
        {
            yield return "spec.tasks is empty";
        }

        if (spec.Tasks.Count > options.MaxTasksPerJob)
        {
            yield return $"spec.tasks has {spec.Tasks.Count} tasks; one job may have {options.MaxTasksPerJob}: submit several";
            yield break;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var template in spec.Tasks)
        {
            if (!names.Add(template.Name))
            {
                yield return $"task '{template.Name}' occurs twice";
            }
        }

        foreach (var problem in spec.Tasks.SelectMany(template => _templates.FindProblems(template, names)))
        {
            yield return problem;
        }
    }
}
