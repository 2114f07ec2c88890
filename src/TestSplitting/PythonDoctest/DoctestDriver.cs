namespace BuildFarm.TestSplitting.PythonDoctest;

/// <summary>The program that runs one file's doctests inside a task; its text travels with this assembly.</summary>
public static class DoctestDriver
{
    /// <summary>Exit statuses of the driver, as the head of <c>farm_doctest.py</c> lists them.</summary>
    public const int ExitPassed = 0;

    /// <inheritdoc cref="ExitPassed"/>
    public const int ExitFailed = 1;

    /// <inheritdoc cref="ExitPassed"/>
    public const int ExitUsage = 2;

    /// <inheritdoc cref="ExitPassed"/>
    public const int ExitBroken = 3;

    /// <inheritdoc cref="ExitPassed"/>
    public const int ExitEmpty = 4;

    private static readonly Lazy<byte[]> Text = new(Read);

    /// <summary>Where the driver lies in the input root.</summary>
    public static string Path => ".farm/farm_doctest.py";

    /// <summary>Where it leaves its report, relative to the working directory.</summary>
    public static string ReportPath => "farm-doctest.jsonl";

    /// <summary>UTF-8 text of the program.</summary>
    public static ReadOnlyMemory<byte> Content => Text.Value;

    private static byte[] Read()
    {
        using var stream = typeof(DoctestDriver).Assembly.GetManifestResourceStream("farm_doctest.py")
            ?? throw new InvalidOperationException("the assembly lacks the resource farm_doctest.py");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
