using BuildFarm.Hosting;
using Grpc.Core;

namespace BuildFarm.Cli.Connection;

/// <summary>Turns the status of a failed call into the line and the exit status that a person gets.</summary>
public static class RpcErrors
{
    /// <summary>The error; <paramref name="doing"/> completes "while …".</summary>
    public static FarmException ToFarmException(this RpcException error, string address, string doing)
    {
        var detail = OneLine(error.Status.Detail);
        return error.StatusCode switch
        {
            StatusCode.Unavailable => Unreachable(address, detail, error),
            StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.NotFound or StatusCode.OutOfRange
                or StatusCode.AlreadyExists => FarmException.Usage(detail.Length > 0 ? detail : $"The farm refused it while {doing} ({error.StatusCode}).", error),
            StatusCode.Unauthenticated or StatusCode.PermissionDenied =>
                FarmException.Usage($"The farm at {address} does not let you in while {doing}: {detail}", error),
            StatusCode.Unimplemented =>
                FarmException.Infrastructure($"What answers at {address} is no farm, or an older one, found while {doing}: {detail}; check --farm and FARM_URL.", error),
            StatusCode.ResourceExhausted => FarmException.Infrastructure($"The farm at {address} has no room while {doing}: {detail}; try again later.", error),
            _ => FarmException.Infrastructure($"The farm at {address} failed while {doing} ({error.StatusCode}): {detail}; see the farm's own log.", error),
        };
    }

    /// <summary>Nothing answers: exit status 7.</summary>
    public static FarmException Unreachable(string address, string detail, Exception? cause = null) =>
        new($"No farm answers at {address}{(detail.Length == 0 ? string.Empty : $" ({detail})")}; start one with 'farm up', or check --farm and FARM_URL.", ExitCode.Unreachable, cause);

    /// <summary>True when the same call may work soon: the connection broke, or the farm is starting.</summary>
    public static bool IsTransient(this RpcException error) =>
        error.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown or StatusCode.Aborted
            or StatusCode.Cancelled or StatusCode.DeadlineExceeded;

    private static string OneLine(string? text) => (text ?? string.Empty).ReplaceLineEndings(" ").Trim().TrimEnd('.');
}
