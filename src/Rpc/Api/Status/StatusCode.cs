namespace Grpc.Core;

/// <summary>The closed set of results of a call (grpc/doc/statuscodes.md).</summary>
public enum StatusCode
{
    /// <summary>Success.</summary>
    OK = 0,

    /// <summary>The caller cancelled the call.</summary>
    Cancelled = 1,

    /// <summary>An error that says nothing more, or an exception that the server did not translate.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed first; the work may have been done all the same.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>What was to be made exists.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not.</summary>
    PermissionDenied = 7,

    /// <summary>A quota, a size limit, memory or disk is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>The system's state forbids it; do not retry before the state changes.</summary>
    FailedPrecondition = 9,

    /// <summary>Lost a race; retry the whole sequence.</summary>
    Aborted = 10,

    /// <summary>Past the end, and valid once the end moves.</summary>
    OutOfRange = 11,

    /// <summary>The server has no such method, or no support for what it asks.</summary>
    Unimplemented = 12,

    /// <summary>An invariant is broken, or the protocol was.</summary>
    Internal = 13,

    /// <summary>Not reachable now; retry this call with a back-off.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or corrupt for good.</summary>
    DataLoss = 15,

    /// <summary>The caller is not known.</summary>
    Unauthenticated = 16,
}
