using Grpc.Core;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

/// <summary>A generous limit on what a test waits for, so that a hang is a failure.</summary>
internal static class Guard
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task Within(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Limit);

    /// <summary>The failure of a call that must fail.</summary>
    public static Task<RpcException> FailureOf(Task call) => Assert.ThrowsAsync<RpcException>(() => call.Within());
}
