namespace BuildFarm.Cache.Resources;

/// <summary>A compressor of the contract that this server does not list in its capabilities.</summary>
/// <param name="message">One line.</param>
public sealed class UnsupportedCompressorException(string message) : NotSupportedException(message);
