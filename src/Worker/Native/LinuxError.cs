using System.Runtime.InteropServices;

namespace BuildFarm.Worker.Native;

/// <summary>Error numbers of Linux that decide something here, and exceptions made from them.</summary>
internal static class LinuxError
{
    public const int NotPermitted = 1;
    public const int NoSuchFile = 2;
    public const int NoSuchProcess = 3;
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int AccessDenied = 13;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int CrossDevice = 18;
    public const int NotDirectory = 20;
    public const int NoSpace = 28;
    public const int NotEmpty = 39;
    public const int TooManyLinks = 40;
    public const int QuotaExceeded = 122;

    /// <summary>The error of the last system call of this thread.</summary>
    public static int LastNumber => Marshal.GetLastPInvokeError();

    /// <summary>An exception for the last failed call; <see cref="Exception.HResult"/> is the error number.</summary>
    /// <param name="what">What was tried, e.g. <c>mount overlay</c>.</param>
    public static IOException Last(string what) => Of(LastNumber, what);

    public static IOException Of(int number, string what) => new($"{what}: {Marshal.GetPInvokeErrorMessage(number)}", number);
}
