using BuildFarm.Coordinator.Loop;
using BuildFarm.Scheduling.Commands;
using Google.LongRunning;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>The operations that REAPI's Execute made: look, list, cancel.</summary>
public sealed class OperationsService(
    SchedulerQueue queue, OperationFinder finder, OperationPresenter presenter, OperationWaiters waiters) : Operations.OperationsBase
{
    private const int DefaultPage = 100;
    private const int LargestPage = 1000;

    /// <inheritdoc />
    public override async Task<Operation> GetOperation(GetOperationRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var found = await finder.FindAsync(request.Name, context.CancellationToken);

        // Who asks again and again waits too.
        using var waiting = waiters.Enter(found.Name.Id);
        return await presenter.PresentAsync(found, context.CancellationToken);
    }

    /// <summary>By id: those that run, and the newest that have ended. The name is <c>[instance/]operations</c>, or the instance's.</summary>
    public override async Task<ListOperationsResponse> ListOperations(ListOperationsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Filter.Length > 0)
        {
            throw Error(StatusCode.InvalidArgument, "filter is not supported; leave it empty");
        }

        if (request.PageSize is < 0 or > LargestPage)
        {
            throw Error(StatusCode.InvalidArgument, $"page_size {request.PageSize} is not between 0 and {LargestPage}");
        }

        await queue.OpenedAsync(context.CancellationToken);
        var size = request.PageSize == 0 ? DefaultPage : request.PageSize;
        var rest = finder.List(InstanceOf(request.Name)).Where(found => string.CompareOrdinal(found.Name.Id, request.PageToken) > 0).Take(size + 1).ToList();
        var response = new ListOperationsResponse();
        foreach (var found in rest.Take(size))
        {
            response.Operations.Add(await presenter.PresentAsync(found, context.CancellationToken));
        }

        response.NextPageToken = rest.Count > size ? rest[size - 1].Name.Id : "";
        return response;
    }

    /// <summary>Ends the operation for its own client; others that wait for an equal Action keep theirs.</summary>
    public override async Task<Empty> CancelOperation(CancelOperationRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var found = await finder.FindAsync(request.Name, context.CancellationToken);
        if (found.Job.Active is { } job)
        {
            try
            {
                await queue.ExecuteAsync(new CancelJob(job.Id, "cancelled by its client"), context.CancellationToken);
            }
            catch (LoopStoppedException e)
            {
                throw Error(StatusCode.Unavailable, e.Message);
            }
        }

        return new Empty();
    }

    private static string InstanceOf(string name)
    {
        const string collection = "operations";
        return name switch
        {
            collection => "",
            _ when name.EndsWith($"/{collection}", StringComparison.Ordinal) => name[..^(collection.Length + 1)],
            _ => name,
        };
    }

    private static RpcException Error(StatusCode code, string message) => new(new Status(code, message));
}
