namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>A file that is not the driver's report, or of a version this program does not read. The message names the line.</summary>
public sealed class DoctestReportException : FormatException
{
    public DoctestReportException(string message) : base(message)
    {
    }

    public DoctestReportException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public DoctestReportException()
    {
    }
}
