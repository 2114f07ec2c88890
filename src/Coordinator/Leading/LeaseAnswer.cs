namespace BuildFarm.Coordinator.Leading;

/// <summary>What the database says of the lease.</summary>
/// <param name="Epoch">The journal's epoch under which the asking coordinator leads; null when another has the lease.</param>
/// <param name="Address">Of whoever has it.</param>
/// <param name="Remaining">How long it runs if it is not renewed, by the database's clock.</param>
internal readonly record struct LeaseAnswer(long? Epoch, string Address, TimeSpan Remaining);
