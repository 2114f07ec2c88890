using BuildFarm.Hosting;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>What the home of a task means for the scheduler and for its Action.</summary>
internal static class KeptHomes
{
    /// <summary>The exclusive name of a kept home, over all workers.</summary>
    public static string ExclusiveName(string name) => $"home:{name}";

    /// <summary>Results depend on what tasks before it left.</summary>
    public static bool IsKept(TaskTemplate template) => template.Home?.Kept.Length > 0;

    /// <summary>The names of its template, and that of its home.</summary>
    public static IEnumerable<string> ExclusiveOf(TaskTemplate template) =>
        (template.Home is { Kept.Length: > 0 } home ? template.Exclusive.Append(ExclusiveName(home.Kept)) : template.Exclusive).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>What a worker must offer.</summary>
    public static IEnumerable<KeyValuePair<string, string>> PlatformOf(TaskTemplate template) =>
        NeedsOffer(template) && !template.Platform.ContainsKey(HomeProperties.Offered)
            ? template.Platform.Append(new KeyValuePair<string, string>(HomeProperties.Offered, HomeProperties.All))
            : template.Platform;

    /// <summary>What its Action says, beside <see cref="PlatformOf"/>.</summary>
    public static IEnumerable<KeyValuePair<string, string>> ActionPropertiesOf(TaskTemplate template)
    {
        if (template.Home?.TemplateDigest is { } digest)
        {
            yield return new(HomeProperties.Template, $"{digest.Hash}/{digest.SizeBytes}");
        }

        if (template.Home is { Kept.Length: > 0 } home)
        {
            yield return new(HomeProperties.Kept, home.Kept);
            if (home.Renew)
            {
                yield return new(HomeProperties.Renew, "true");
            }
        }
    }

    private static bool NeedsOffer(TaskTemplate template) => IsKept(template) || template.Home?.TemplateDigest is not null;
}
