namespace BuildFarm.Worker.Execution;

/// <summary>Why a container ended.</summary>
/// <param name="Reason">As far as the worker had a hand in it.</param>
/// <param name="Detail">What was seen, one line; empty where the reason says all.</param>
internal sealed record RunEnd(EndReason Reason, string Detail = "");
