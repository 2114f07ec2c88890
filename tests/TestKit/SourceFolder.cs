using System.Runtime.CompilerServices;

namespace BuildFarm.TestKit;

/// <summary>Where the sources of a test are, for files that are checked in beside it.</summary>
public static class SourceFolder
{
    /// <summary>The folder of the file that calls this.</summary>
    public static string Of([CallerFilePath] string caller = "") => Path.GetDirectoryName(caller)!;
}
