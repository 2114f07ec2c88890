using Grpc.Core;

namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>What came back.</summary>
/// <param name="Status">Of a call.</param>
/// <param name="Detail">Its text.</param>
/// <param name="HttpStatus">Null when the connection was closed without an answer.</param>
/// <param name="Problem">Why there is none: it hung, or the connection broke where it may not.</param>
internal sealed record FuzzAnswer(StatusCode? Status, string Detail, int? HttpStatus, string? Problem = null);
