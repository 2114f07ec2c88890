using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Execution;
using Grpc.Core;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Worker.Link;

/// <summary>Asks the coordinator, as the holder of the attempt's lease.</summary>
internal sealed class CoordinatorSecrets(WorkerConnection connection, WorkerIdentity identity, TimeProvider time) : ISecretSource
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>
    /// While no coordinator answers it asks again: one that is started again knows the lease. Without one for a lease's length the worker ends the
    /// attempt, and with it this.
    /// </summary>
    public async Task<IReadOnlyList<TaskSecret>> GetAsync(Assignment assignment, CancellationToken cancellationToken)
    {
        var client = new Workers.WorkersClient(connection.Coordinator);
        var request = new GetSecretsRequest { WorkerId = identity.Id, Incarnation = identity.Incarnation, Lease = assignment.Lease };
        var backoff = new Backoff(Random.Shared.NextDouble, LongestPause);
        while (true)
        {
            try
            {
                var response = await client.GetSecretsAsync(request, cancellationToken: cancellationToken);
                return AsNamed(assignment, response);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(backoff.Next(), time, cancellationToken);
            }
            catch (RpcException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition)
            {
                throw new InvalidActionException(e.Status.Detail);
            }
            catch (RpcException e)
            {
                throw new IOException($"the coordinator does not give the task's secrets: {e.Status.Detail}", e);
            }
        }
    }

    private static IReadOnlyList<TaskSecret> AsNamed(Assignment assignment, GetSecretsResponse response)
    {
        if (!response.Secrets.Select(static secret => secret.Name).SequenceEqual(assignment.Secrets, StringComparer.Ordinal))
            throw new IOException("the coordinator gives other secrets than the assignment names");
        return [.. response.Secrets.Select(static secret => new TaskSecret(secret.Name, secret.Value.Memory))];
    }
}
