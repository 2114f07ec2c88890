namespace BuildFarm.Scheduling.Effects;

/// <summary>Something to do outside, once the events of the same command are durable. To be carried out in order.</summary>
public abstract record Effect;
