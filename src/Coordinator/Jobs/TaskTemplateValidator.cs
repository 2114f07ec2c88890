using BuildFarm.Digests;
using BuildFarm.Hosting;
using BuildFarm.Scheduling;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using ReapiFunction = Build.Bazel.Remote.Execution.V2.DigestFunction.Types.Value;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>The rules of one task template.</summary>
internal sealed class TaskTemplateValidator(CoordinatorOptions options)
{
    private const int LongestName = 200;
    private const int MostRetries = 10;
    private const int HighestPriority = 1000;

    /// <summary>One line for each problem, beginning with the task's name.</summary>
    public IEnumerable<string> FindProblems(TaskTemplate template, IReadOnlySet<string> taskNames)
    {
        if (template.Name.Length is 0 or > LongestName || template.Name.Any(char.IsControl))
        {
            yield return $"a task's name needs 1 to {LongestName} characters without control characters, '{Shown(template.Name)}' has not";
            yield break;
        }

        foreach (var problem in Command(template).Concat(Paths(template)).Concat(Inputs(template, taskNames)).Concat(Limits(template)).Concat(Home(template)).Concat(Secrets(template)))
        {
            yield return $"task '{template.Name}': {problem}";
        }
    }

    private static IEnumerable<string> Command(TaskTemplate template)
    {
        if (template.ActionDigest is not null)
        {
            yield return "action_digest is set: an Action that is made already is run by REAPI's Execute";
        }

        if (template.Arguments.Count == 0 || template.Arguments[0].Length == 0)
        {
            yield return "arguments is empty: there is no command to run";
        }

        if (template.Arguments.Any(argument => argument.Contains('\0', StringComparison.Ordinal)))
        {
            yield return "an argument holds a NUL character";
        }

        foreach (var (name, value) in template.Environment)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny('=', '\0') || value.Contains('\0', StringComparison.Ordinal))
            {
                yield return $"environment variable '{Shown(name)}' has no usable name or value";
            }
        }
    }

    private static IEnumerable<string> Paths(TaskTemplate template)
    {
        if (template.WorkingDirectory.Length > 0 && !IsRelative(template.WorkingDirectory))
        {
            yield return $"working_directory '{Shown(template.WorkingDirectory)}' must be relative to the input root, without '.', '..' or empty parts";
        }

        foreach (var path in template.OutputPaths.Where(path => !IsRelative(path)))
        {
            yield return $"output path '{Shown(path)}' must be relative to the working directory, without '.', '..' or empty parts";
        }

        foreach (var path in template.RequiredOutputPaths.Except(template.OutputPaths, StringComparer.Ordinal))
        {
            yield return $"required output path '{Shown(path)}' is not among the output paths";
        }
    }

    private static IEnumerable<string> Inputs(TaskTemplate template, IReadOnlySet<string> taskNames)
    {
        if (template.DigestFunction is not (ReapiFunction.Unknown or ReapiFunction.Sha256))
        {
            yield return $"digest_function is {template.DigestFunction}; the digests of jobs are SHA256's";
        }

        if (template.InputRootDigest is not null && !Digest.TryParse(template.InputRootDigest.Hash, template.InputRootDigest.SizeBytes, DigestFunction.Sha256, out _, out var problem))
        {
            yield return $"input_root_digest: {problem}";
        }

        var needs = new HashSet<string>(StringComparer.Ordinal);
        foreach (var need in template.Needs)
        {
            if (!taskNames.Contains(need))
            {
                yield return $"it needs '{Shown(need)}', which the job does not have";
            }
            else if (!needs.Add(need))
            {
                yield return $"it needs '{need}' twice";
            }
        }
    }

    private static IEnumerable<string> Home(TaskTemplate template)
    {
        if (template.Home is not { } home)
        {
            yield break;
        }

        if (home.TemplateDigest is not null && home.Kept.Length > 0)
        {
            yield return "its home is kept, or begins as a template, not both";
        }

        if (home.Kept.Length > 0 && !ExclusiveNames.IsName(KeptHomes.ExclusiveName(home.Kept)))
        {
            yield return $"its home is kept as '{Shown(home.Kept)}'; the name has 1 to 59 lower-case letters, digits, '-', '_', '.', '/' or ':'";
        }

        if (home.TemplateDigest is { } digest && !Digest.TryParse(digest.Hash, digest.SizeBytes, DigestFunction.Sha256, out _, out var problem))
        {
            yield return $"template_digest of its home: {problem}";
        }
    }

    private static IEnumerable<string> Secrets(TaskTemplate template)
    {
        foreach (var name in template.Secrets.Where(static name => !SecretNames.IsName(name)))
        {
            yield return $"secrets has '{Shown(name)}'; {SecretNames.Rule}";
        }

        if (template.Secrets.Count > SecretNames.Most || template.Secrets.Distinct(StringComparer.Ordinal).Count() < template.Secrets.Count)
        {
            yield return $"secrets has a name twice, or more than {SecretNames.Most}";
        }

        if (template.Platform.ContainsKey(SecretProperties.Names))
        {
            yield return $"its platform has {SecretProperties.Names}, which the farm itself says; name secrets in 'secrets'";
        }
    }

    private IEnumerable<string> Limits(TaskTemplate template)
    {
        if (template.Timeout is { } timeout && (!IsDuration(timeout) || timeout.ToTimeSpan() <= TimeSpan.Zero || timeout.ToTimeSpan() > options.MaxTimeout))
        {
            yield return $"timeout must be above 0 and at most {options.MaxTimeout}";
        }

        if (template.ExpectedDuration is { } expected && (!IsDuration(expected) || expected.Seconds < 0))
        {
            yield return "expected_duration is negative";
        }

        if (template.Deadline is { } deadline && (!IsDuration(deadline) || deadline.ToTimeSpan() <= TimeSpan.Zero))
        {
            yield return "deadline must be above 0";
        }

        if (template.Retries is < 0 or > MostRetries)
        {
            yield return $"retries {template.Retries} is not between 0 and {MostRetries}";
        }

        if (Math.Abs((long)template.Priority) > HighestPriority)
        {
            yield return $"priority {template.Priority} is not between -{HighestPriority} and {HighestPriority}";
        }

        if (ResourceMessages.FindFault(template.Resources) is { } fault)
        {
            yield return fault;
        }

        foreach (var name in template.Exclusive.Where(name => !ExclusiveNames.IsName(name)))
        {
            yield return $"exclusive has '{Shown(name)}'; {ExclusiveNames.Rule}";
        }

        if (template.Exclusive.Count > ExclusiveNames.Most || template.Exclusive.Distinct(StringComparer.Ordinal).Count() < template.Exclusive.Count)
        {
            yield return $"exclusive has a name twice, or more than {ExclusiveNames.Most}";
        }

        if (template.Platform.Keys.Any(name => name.Length == 0))
        {
            yield return "a platform property has no name";
        }
    }

    /// <summary>As google.protobuf.Duration must be: within its range, seconds and nanoseconds of one sign. Reading it cannot fail.</summary>
    internal static bool IsDuration(Duration duration) =>
        duration is { Seconds: >= -Duration.MaxSeconds and <= Duration.MaxSeconds, Nanos: > -Duration.NanosecondsPerSecond and < Duration.NanosecondsPerSecond }
        && (duration.Seconds == 0 || duration.Nanos == 0 || duration.Seconds < 0 == duration.Nanos < 0);

    private static bool IsRelative(string path) =>
        !path.Contains('\0', StringComparison.Ordinal) && path.Split('/').All(segment => segment is not ("" or "." or ".."));

    /// <summary>What a message may show of a text that broke a rule.</summary>
    private static string Shown(string text)
    {
        const int longest = 60;
        var flat = string.Concat(text.Take(longest).Select(c => char.IsControl(c) ? '?' : c));
        return text.Length > longest ? flat + "…" : flat;
    }
}
