using Grpc.Net.Client.Retries;

namespace Grpc.Net.Client.Calls;

/// <summary>What the channel knows of one method: its address and how its calls are tried again.</summary>
internal sealed record MethodRoute(Uri Uri, RetryRules? Retries);
