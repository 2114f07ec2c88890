namespace BuildFarm.Cache.Resources;

/// <summary>A ByteStream resource name that names nothing. The message quotes it and says what is wrong.</summary>
/// <param name="message">One line.</param>
public sealed class ResourceNameException(string message) : FormatException(message);
