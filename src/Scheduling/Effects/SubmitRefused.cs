namespace BuildFarm.Scheduling.Effects;

/// <summary>Reply to SubmitJob: nothing was accepted.</summary>
/// <param name="Correlation">Of the command.</param>
/// <param name="Kind">Why, for programs.</param>
/// <param name="Reason">Why, in one line for people: names the task and what it lacks.</param>
public sealed record SubmitRefused(long Correlation, RefusalKind Kind, string Reason) : Effect;
