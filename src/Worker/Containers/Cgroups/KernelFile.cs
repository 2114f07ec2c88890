using System.Globalization;
using System.Text;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>Reads and writes the small files by which the kernel is told things.</summary>
internal static unsafe class KernelFile
{
    /// <summary>Writes in one call; the kernel takes each call as one order.</summary>
    public static void Write(string path, string text)
    {
        if (!TryWrite(path, text))
            throw LinuxError.Last($"write {text} to {path}");
    }

    /// <returns>False when the file is not there or the kernel refuses.</returns>
    public static bool TryWrite(string path, string text)
    {
        var file = Libc.OpenAt(Libc.AtCurrentDirectory, path, Libc.OpenWriteOnly | Libc.OpenCloseOnExec, 0);
        if (file < 0)
            return false;
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            var written = Libc.Write(file, start, (nuint)bytes.Length);
            var error = LinuxError.LastNumber;
            _ = Libc.Close(file);
            System.Runtime.InteropServices.Marshal.SetLastPInvokeError(error);
            return written == bytes.Length;
        }
    }

    /// <summary>The content; null when there is no such file.</summary>
    public static string? TryRead(string path)
    {
        var file = Libc.OpenAt(Libc.AtCurrentDirectory, path, Libc.OpenReadOnly | Libc.OpenCloseOnExec, 0);
        if (file < 0)
            return null;
        var buffer = stackalloc byte[4096];
        var text = new StringBuilder();
        nint read;
        while ((read = Libc.Read(file, buffer, 4096)) > 0)
            text.Append(Encoding.UTF8.GetString(buffer, (int)read));
        _ = Libc.Close(file);
        return text.ToString();
    }

    /// <summary>A number alone in a file; 0 when there is no such file or it says <c>max</c>.</summary>
    public static long ReadNumber(string path) =>
        long.TryParse(TryRead(path)?.Trim(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary>A number in a file of lines <c>key number</c>; 0 when it is not there.</summary>
    public static long ReadNumber(string path, string key)
    {
        foreach (var line in (TryRead(path) ?? "").Split('\n'))
        {
            if (line.StartsWith(key, StringComparison.Ordinal) && line.Length > key.Length && line[key.Length] == ' ')
                return long.Parse(line.AsSpan(key.Length + 1), NumberStyles.Integer, CultureInfo.InvariantCulture);
        }

        return 0;
    }
}
