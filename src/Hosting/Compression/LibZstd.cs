using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Hosting.Compression;

/// <summary>The streaming calls of libzstd 1.4 and later (zstd.h, "Advanced API" and "Streaming").</summary>
internal static partial class LibZstd
{
    public const int CompressionLevel = 100;
    public const int WindowLogMax = 100;

    private const string Library = "libzstd.so.1";

    /// <summary>Whether the library is on this machine.</summary>
    public static bool IsHere { get; } = NativeLibrary.TryLoad(Library, out _);

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    public static partial Compressor CreateCompressor();

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    public static partial Decompressor CreateDecompressor();

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_setParameter")]
    public static partial nuint Set(Compressor context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_DCtx_setParameter")]
    public static partial nuint Set(Decompressor context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressStream2")]
    public static partial nuint Compress(Compressor context, ref Buffer output, ref Buffer input, int directive);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressStream")]
    public static partial nuint Decompress(Decompressor context, ref Buffer output, ref Buffer input);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    public static partial uint IsError(nuint code);

    public static string NameOf(nuint error) => Marshal.PtrToStringUTF8(GetErrorName(error)) ?? "unknown";

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint FreeCompressor(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    private static partial nuint FreeDecompressor(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint GetErrorName(nuint code);

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer, which are alike.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Buffer
    {
        public nint Start;
        public nuint Size;
        public nuint Position;
    }

    public sealed class Compressor() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle()
        {
            FreeCompressor(handle);
            return true;
        }
    }

    public sealed class Decompressor() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle()
        {
            FreeDecompressor(handle);
            return true;
        }
    }
}
