namespace BuildFarm.TestKit.S3;

/// <summary>An answer with an error, as S3 gives it.</summary>
public sealed class S3RefusalException(int status, string code, string message) : Exception($"{status} {code}: {message}")
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    /// <summary>The body that tells it.</summary>
    public string ToXml() =>
        $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{Code}</Code><Message>{System.Security.SecurityElement.Escape(Message)}</Message><RequestId>fake</RequestId></Error>";
}
