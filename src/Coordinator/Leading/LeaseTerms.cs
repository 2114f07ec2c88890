namespace BuildFarm.Coordinator.Leading;

/// <summary>What a coordinator brings when it asks for the lease.</summary>
/// <param name="Options">How long a lease is.</param>
/// <param name="Holder">This process.</param>
/// <param name="Address">Where others reach it.</param>
public sealed record LeaseTerms(LeaseOptions Options, LeaseHolder Holder, Uri Address);
