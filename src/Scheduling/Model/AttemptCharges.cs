namespace BuildFarm.Scheduling;

/// <summary>What the attempts at a task have used up.</summary>
/// <param name="TaskFailures">Of its own retries.</param>
/// <param name="InfrastructureLosses">Attempts that were lost for reasons of the farm.</param>
/// <param name="MemoryBytes">What the newest attempt had; 0 before the first.</param>
/// <param name="OutOfMemoryAt">What an attempt before had that needed more; 0 when none did.</param>
public readonly record struct AttemptCharges(int TaskFailures, int InfrastructureLosses, long MemoryBytes, long OutOfMemoryAt);
