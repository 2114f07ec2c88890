namespace BuildFarm.Worker.Execution;

/// <summary>An Action or Command says what cannot be run.</summary>
internal sealed class InvalidActionException(string message) : Exception(message);
