using System.Text;

namespace BuildFarm.Worker.Native;

/// <summary>A name in a folder, as the bytes that the file system holds.</summary>
/// <param name="RawName">The bytes, with a zero byte at the end.</param>
internal readonly record struct DirectoryEntry(byte[] RawName)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The name; null when its bytes are not UTF-8, which no REAPI message can carry.</summary>
    public string? Name
    {
        get
        {
            try
            {
                return Strict.GetString(RawName.AsSpan(0, RawName.Length - 1));
            }
            catch (DecoderFallbackException)
            {
                return null;
            }
        }
    }

    /// <summary>The name for a message, with what is not UTF-8 replaced.</summary>
    public string Shown => Encoding.UTF8.GetString(RawName.AsSpan(0, RawName.Length - 1));
}
