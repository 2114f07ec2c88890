namespace BuildFarm.Cli;

/// <summary>
/// An error that a person reads: its message is one line that says what happened, to what, and what to do next.
/// The top level prints the message on stderr and exits with <see cref="ExitCode"/>.
/// </summary>
public sealed class FarmException : Exception
{
    /// <summary>An error with the exit status it leads to, one of <see cref="Hosting.ExitCode"/>.</summary>
    public FarmException(string message, int exitCode, Exception? innerException = null)
        : base(message, innerException) => ExitCode = exitCode;

    /// <summary>The exit status of the command.</summary>
    public int ExitCode { get; }

    /// <summary>The request is wrong: exit status 2.</summary>
    public static FarmException Usage(string message, Exception? innerException = null) =>
        new(message, Hosting.ExitCode.Usage, innerException);

    /// <summary>The farm or this machine failed: exit status 6.</summary>
    public static FarmException Infrastructure(string message, Exception? innerException = null) =>
        new(message, Hosting.ExitCode.Infrastructure, innerException);
}
