using Grpc.Core;
using Xunit;

namespace BuildFarm.Cache.Tests;

/// <summary>Expected refusals.</summary>
internal static class Refused
{
    public static async Task<RpcException> WithAsync(StatusCode code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(code, refusal.StatusCode);
        Assert.NotEmpty(refusal.Status.Detail);
        Assert.DoesNotContain('\n', refusal.Status.Detail);
        return refusal;
    }
}
