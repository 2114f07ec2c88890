using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Disk;

/// <summary>The few system calls that the platform's API lacks, or answers with an exception where a miss is ordinary.</summary>
internal static partial class NativeFile
{
    private const int NoSuchFile = 2;
    private const int CrossDevice = 18;
    private const int TooManyLinks = 31;
    private const int NotPermitted = 1;
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;

    /// <summary>Opens for reading; null when there is no such file.</summary>
    public static SafeFileHandle? TryOpen(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return File.Exists(path) ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete) : null;
        }

        var handle = Open(path, ReadOnly | CloseOnExec);
        if (!handle.IsInvalid)
        {
            return handle;
        }

        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        return error == NoSuchFile ? null : throw Failure(error, path);
    }

    /// <summary>Makes a hard link.</summary>
    /// <returns>False when the file system refuses one more name for this file here, so that only a copy will do.</returns>
    /// <exception cref="FileNotFoundException">There is no <paramref name="existing"/>, or no folder for <paramref name="path"/>.</exception>
    /// <exception cref="IOException">The name is taken, or the system refuses.</exception>
    public static bool TryLink(string existing, string path)
    {
        if (Link(existing, path) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error switch
        {
            TooManyLinks or CrossDevice or NotPermitted => false,
            NoSuchFile => throw new FileNotFoundException($"Cannot link {existing} to {path}: no such file or folder.", existing),
            _ => throw Failure(error, path),
        };
    }

    /// <summary>Copies a whole file inside the kernel, sharing its blocks where the file system can.</summary>
    /// <returns>False when the kernel cannot do it for these two files and nothing was written.</returns>
    public static bool TryCopyRange(SafeFileHandle source, SafeFileHandle destination, long length)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        long from = 0;
        long to = 0;
        while (from < length)
        {
            var copied = CopyFileRange(source, ref from, destination, ref to, (nuint)(length - from), 0);
            if (copied < 0 && from == 0 && Marshal.GetLastPInvokeError() is not (NoSpace or QuotaExceeded))
            {
                return false;
            }

            if (copied <= 0)
            {
                throw copied < 0
                    ? Failure(Marshal.GetLastPInvokeError(), "a copy")
                    : new IOException($"A file of {length} bytes ended at {from} while it was copied.");
            }
        }

        return true;
    }

    /// <summary>
    /// Reserves space for a file, where the file system can; the platform's own preallocation throws without saying that the
    /// disk is full.
    /// </summary>
    /// <exception cref="IOException">The disk is full; <see cref="IsDiskFull"/> says so.</exception>
    public static void Reserve(SafeFileHandle file, long offset, long bytes)
    {
        if (OperatingSystem.IsLinux() && Allocate(file, 0, offset, bytes) != 0 && Marshal.GetLastPInvokeError() is var error and (NoSpace or QuotaExceeded))
        {
            throw Failure(error, $"{bytes} bytes");
        }
    }

    /// <summary>The disk, or the quota, is full.</summary>
    public static bool IsDiskFull(IOException exception) => exception.HResult is NoSpace or QuotaExceeded;

    private static IOException Failure(int error, string path) =>
        new($"{Marshal.GetPInvokeErrorMessage(error)}: {path}", error);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string path);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    private static partial nint CopyFileRange(
        SafeFileHandle source, ref long sourceOffset, SafeFileHandle destination, ref long destinationOffset, nuint length, uint flags);
}
