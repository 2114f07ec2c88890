namespace BuildFarm.Scheduling.Effects;

/// <summary>A parent's wait is over, and the parent has its CPU back. After RunLocally it says EndWait when that work is done.</summary>
/// <param name="Parent">Of the attempt.</param>
/// <param name="Wait">Which wait.</param>
/// <param name="Answer">How it ended.</param>
public sealed record ChildWaitAnswered(Lease Parent, long Wait, ChildAnswer Answer) : Effect;
