using System.Threading.Channels;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Hosting;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.HealthCheck;

/// <summary>
/// <c>grpc.health.v1</c> (grpc/doc/health-checking.md): holds the status of each service and tells it to whoever asks or watches.
/// The empty name is the server as a whole and serves from the start. When the host stops, everything stops serving and watches
/// end, so that they do not hold up the shutdown. Register it as a singleton; thread-safe.
/// </summary>
public sealed class HealthServiceImpl : Health.V1.Health.HealthBase, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ServingStatus> _statuses = new(StringComparer.Ordinal) { [""] = ServingStatus.Serving };
    private readonly Dictionary<string, List<Channel<ServingStatus>>> _watchers = new(StringComparer.Ordinal);
    private readonly CancellationTokenRegistration _stopping;
    private bool _stopped;

    /// <summary>A service without a host, for tests.</summary>
    public HealthServiceImpl()
    {
    }

    /// <summary>A service that stops serving with its host.</summary>
    public HealthServiceImpl(IHostApplicationLifetime lifetime)
    {
        ArgumentNullException.ThrowIfNull(lifetime);
        _stopping = lifetime.ApplicationStopping.UnsafeRegister(static state => ((HealthServiceImpl)state!).Stop(), this);
    }

    /// <summary>Sets the status of a service, by its full name; empty for the whole server. Ignored once the host stops.</summary>
    public void SetStatus(string service, ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_gate)
        {
            if (!_stopped)
            {
                _statuses[service] = status;
                Tell(service, status);
            }
        }
    }

    /// <summary>Forgets a service; watchers see SERVICE_UNKNOWN.</summary>
    public void ClearStatus(string service)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_gate)
        {
            if (_statuses.Remove(service))
            {
                Tell(service, ServingStatus.ServiceUnknown);
            }
        }
    }

    /// <summary>Forgets all services.</summary>
    public void ClearAll()
    {
        lock (_gate)
        {
            foreach (var service in _statuses.Keys)
            {
                Tell(service, ServingStatus.ServiceUnknown);
            }

            _statuses.Clear();
        }
    }

    /// <inheritdoc />
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (_gate)
        {
            return _statuses.TryGetValue(request.Service, out var status)
                ? Task.FromResult(new HealthCheckResponse { Status = status })
                : throw new RpcException(new Status(StatusCode.NotFound, $"Service '{request.Service}' is not known to this server."));
        }
    }

    /// <inheritdoc />
    public override Task<HealthListResponse> List(HealthListRequest request, ServerCallContext context)
    {
        var response = new HealthListResponse();
        lock (_gate)
        {
            foreach (var (service, status) in _statuses)
            {
                response.Statuses[service] = new HealthCheckResponse { Status = status };
            }
        }

        return Task.FromResult(response);
    }

    /// <inheritdoc />
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        var updates = Subscribe(request.Service);
        try
        {
            ServingStatus? last = null;
            await foreach (var status in updates.Reader.ReadAllAsync(context.CancellationToken))
            {
                if (status != last)
                {
                    await responseStream.WriteAsync(new HealthCheckResponse { Status = status });
                    last = status;
                }
            }

            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping."));
        }
        finally
        {
            Unsubscribe(request.Service, updates);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _stopping.Dispose();

    /// <summary>Only the newest status matters to a watcher that is slow.</summary>
    private Channel<ServingStatus> Subscribe(string service)
    {
        var updates = Channel.CreateBounded<ServingStatus>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_gate)
        {
            if (!_watchers.TryGetValue(service, out var watchers))
            {
                _watchers[service] = watchers = [];
            }

            watchers.Add(updates);
            updates.Writer.TryWrite(_statuses.GetValueOrDefault(service, ServingStatus.ServiceUnknown));
            if (_stopped)
            {
                updates.Writer.Complete();
            }
        }

        return updates;
    }

    private void Unsubscribe(string service, Channel<ServingStatus> updates)
    {
        lock (_gate)
        {
            if (_watchers.TryGetValue(service, out var watchers) && watchers.Remove(updates) && watchers.Count == 0)
            {
                _watchers.Remove(service);
            }
        }
    }

    private void Tell(string service, ServingStatus status)
    {
        foreach (var updates in _watchers.GetValueOrDefault(service, []))
        {
            updates.Writer.TryWrite(status);
        }
    }

    private void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            foreach (var service in _statuses.Keys.ToList())
            {
                _statuses[service] = ServingStatus.NotServing;
                Tell(service, ServingStatus.NotServing);
            }

            foreach (var updates in _watchers.Values.SelectMany(watchers => watchers))
            {
                updates.Writer.TryComplete();
            }
        }
    }
}
