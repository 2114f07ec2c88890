namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>How a file's doctests ended.</summary>
public enum DoctestEnd
{
    /// <summary>The report stops before its end: the process was killed or crashed. Never a pass.</summary>
    Incomplete = 0,

    Passed = 1,
    Failed = 2,

    /// <summary>There are no examples.</summary>
    Empty = 3,

    /// <summary>The file could not be imported or read; <see cref="DoctestReport.Error"/> names the exception.</summary>
    Broken = 4,

    /// <summary>A signal ended the driver; <see cref="DoctestReport.Error"/> names it.</summary>
    Interrupted = 5,
}
