namespace BuildFarm.Hosting.Local;

/// <summary>The local farm's socket cannot be used. The message is one line: what, where, and what to do.</summary>
public sealed class LocalFarmSocketException(string message, Exception? inner = null) : Exception(message, inner);
