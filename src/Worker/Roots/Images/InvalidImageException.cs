namespace BuildFarm.Worker.Roots.Images;

/// <summary>An image that is damaged, of another machine, or none. The message is one line.</summary>
internal sealed class InvalidImageException(string message) : Exception(message);
