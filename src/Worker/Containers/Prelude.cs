using System.Security.Cryptography;
using System.Text;

namespace BuildFarm.Worker.Containers;

/// <summary>
/// Shell lines of the operator's that run before every task, in its container, as its user: a certificate, a mirror, a hot fix. What they
/// export, the task has. They are part of the environment, so that results made with another prelude are others.
/// </summary>
/// <param name="Version">The beginning of the text's hash: what people and the cache's key know it by.</param>
/// <param name="Text">For <c>sh</c>.</param>
internal sealed record Prelude(string Version, string Text)
{
    /// <summary>The kernel takes no longer argument.</summary>
    public const int MostBytes = 64 * 1024;

    private const int VersionBytes = 6;

    /// <summary>The text of a file; null when no file is named.</summary>
    /// <exception cref="RuntimeUnusableException">It cannot be read, or is too long.</exception>
    public static Prelude? Read(string path)
    {
        if (path.Length == 0)
            return null;
        try
        {
            var text = File.ReadAllText(path);
            var bytes = Encoding.UTF8.GetBytes(text);
            if (bytes.Length > MostBytes || text.Contains('\0', StringComparison.Ordinal))
                throw new RuntimeUnusableException($"the prelude {path} is longer than {MostBytes} bytes, or is no text: let it fetch what is large");
            return new Prelude(Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, VersionBytes)), text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RuntimeUnusableException($"the prelude cannot be read: {e.Message}");
        }
    }

    /// <summary>An environment as it is with this prelude.</summary>
    public static string Add(Prelude? prelude, string environment) => prelude is null ? environment : $"{environment}+{prelude.Version}";
}
