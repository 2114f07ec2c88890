namespace Grpc.Core;

/// <summary>Options of one call.</summary>
public struct CallOptions
{
    private bool _waitForReady;

    /// <summary>Makes options.</summary>
    /// <param name="headers">Metadata to send; null for none.</param>
    /// <param name="deadline">When the call fails with DEADLINE_EXCEEDED, in UTC; null for never.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="writeOptions">Options of the messages written.</param>
    /// <param name="propagationToken">The server call that this call is made for, whose deadline and cancellation it inherits.</param>
    /// <param name="credentials">Credentials of this call alone.</param>
#pragma warning disable CA1068 // The order is the order of Grpc.Core.
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null,
        ContextPropagationToken? propagationToken = null,
        CallCredentials? credentials = null)
#pragma warning restore CA1068
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    /// <summary>Metadata to send; null for none.</summary>
    public Metadata? Headers { readonly get; private set; }

    /// <summary>When the call fails with DEADLINE_EXCEEDED, in UTC; null for never.</summary>
    public DateTime? Deadline { readonly get; private set; }

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { readonly get; private set; }

    /// <summary>Options of the messages written; null for the defaults.</summary>
    public WriteOptions? WriteOptions { readonly get; private set; }

    /// <summary>The server call that this call is made for; null for none.</summary>
    public ContextPropagationToken? PropagationToken { readonly get; private set; }

    /// <summary>Credentials of this call alone; null for none.</summary>
    public CallCredentials? Credentials { readonly get; private set; }

    /// <summary>Whether the call waits for a connection where it would fail with UNAVAILABLE.</summary>
    public readonly bool IsWaitForReady => _waitForReady;

    /// <summary>The same options with other headers.</summary>
    public readonly CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>The same options with another deadline, in UTC.</summary>
    public readonly CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>The same options with another cancellation token.</summary>
    public readonly CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    /// <summary>The same options with other write options.</summary>
    public readonly CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

    /// <summary>The same options with another propagation token.</summary>
    public readonly CallOptions WithPropagationToken(ContextPropagationToken propagationToken) => this with { PropagationToken = propagationToken };

    /// <summary>The same options with other credentials.</summary>
    public readonly CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };

    /// <summary>The same options, waiting for a connection or not.</summary>
    public readonly CallOptions WithWaitForReady(bool waitForReady = true) => this with { _waitForReady = waitForReady };
}
