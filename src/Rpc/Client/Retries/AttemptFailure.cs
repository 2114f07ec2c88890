using Grpc.Core;

namespace Grpc.Net.Client.Retries;

/// <summary>Why an attempt ended before the call was committed to it.</summary>
/// <param name="Status">The status the call ends with when there is no further attempt.</param>
/// <param name="NeverConnected">There was no connection, so the server knows nothing of the call.</param>
/// <param name="NeverProcessed">The server refused the stream before any of its code saw it.</param>
/// <param name="Pushback">The server's <c>grpc-retry-pushback-ms</c>.</param>
internal readonly record struct AttemptFailure(Status Status, bool NeverConnected = false, bool NeverProcessed = false, string? Pushback = null);
