namespace BuildFarm.Coordinator.Journal;

/// <summary>The journal failed. The message is one line; the coordinator stops rather than go on without it.</summary>
public sealed class JournalException(string message, Exception? inner = null) : Exception(message, inner);
