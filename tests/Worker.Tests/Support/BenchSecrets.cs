using System.Text;
using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Execution;

namespace BuildFarm.Worker.Tests.Support;

/// <summary>Secrets in the place of a coordinator's.</summary>
internal sealed class BenchSecrets : ISecretSource
{
    public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>Thrown instead; null for nothing.</summary>
    public Exception? Failure { get; set; }

    public Task<IReadOnlyList<TaskSecret>> GetAsync(Assignment assignment, CancellationToken cancellationToken) =>
        Failure is { } failure
            ? Task.FromException<IReadOnlyList<TaskSecret>>(failure)
            : Task.FromResult<IReadOnlyList<TaskSecret>>([.. assignment.Secrets.Select(name => new TaskSecret(name, Encoding.UTF8.GetBytes(Values[name])))]);
}
