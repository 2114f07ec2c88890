namespace BuildFarm.Hosting.Local;

/// <summary>Another process works on the data directory. The message is one line that names both.</summary>
public sealed class DataDirectoryInUseException(string message, Exception? inner = null) : Exception(message, inner);
