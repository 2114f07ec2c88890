namespace BuildFarm.TestKit.S3;

/// <summary>What the tests' S3 does instead of its work.</summary>
public enum S3Fault
{
    /// <summary>503 SlowDown.</summary>
    SlowDown,

    /// <summary>500 InternalError.</summary>
    InternalError,

    /// <summary>The connection ends in the middle of the object.</summary>
    CutInBody,

    /// <summary>One byte of the object is another.</summary>
    WrongByte,

    /// <summary>No answer for as long as the client waits.</summary>
    NoAnswer,

    /// <summary>The head of the answer, half the object, and then nothing for as long as the client waits.</summary>
    StopsInBody,

    /// <summary>507, as a server whose disks are full.</summary>
    Full,
}
