namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>What becomes of a docstring that is known not to pass.</summary>
public enum DoctestTreatment
{
    /// <summary>It runs and its failures are reported, but they do not fail the task.</summary>
    KnownFailure = 0,

    /// <summary>It does not run: it would never end, or do harm. The report says so.</summary>
    Skip = 1,
}
