namespace BuildFarm.Digests;

/// <summary>A digest that is not one: the message names what was wrong and where it stood. gRPC services answer INVALID_ARGUMENT.</summary>
public sealed class DigestFormatException : FormatException
{
    public DigestFormatException(string message) : base(message)
    {
    }

    public DigestFormatException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public DigestFormatException()
    {
    }
}
