using BuildFarm.Hosting;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Secrets;

/// <summary>What a task's secrets mean for placement and for its Action: names, never values.</summary>
internal static class TaskSecrets
{
    /// <summary>A platform with what a worker must offer to get the task.</summary>
    public static IEnumerable<KeyValuePair<string, string>> AddOffer(TaskTemplate template, IEnumerable<KeyValuePair<string, string>> platform) =>
        template.Secrets.Count == 0
            ? platform
            : platform.Where(static property => property.Key != SecretProperties.Offered).Append(new(SecretProperties.Offered, SecretProperties.Files));

    /// <summary>What its Action says. A task without the secrets, or with others, is another one to the cache; one with another value is the same.</summary>
    public static IEnumerable<KeyValuePair<string, string>> ActionPropertiesOf(TaskTemplate template) =>
        template.Secrets.Count == 0 ? [] : [new(SecretProperties.Names, string.Join(',', template.Secrets.Order(StringComparer.Ordinal)))];
}
