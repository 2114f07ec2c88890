using BuildFarm.Hosting;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Coordinator.Secrets;

/// <summary>
/// The secrets that the operator gave: a folder with a file for each name, as Kubernetes mounts a Secret. A file is read each time its secret is
/// used, so a new value needs no restart, and none is kept in memory.
/// </summary>
public sealed class SecretStore(CoordinatorOptions options)
{
    /// <summary>The longest value, in bytes.</summary>
    public const int MostBytes = 64 * 1024;

    private const UnixFileMode Everybody = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>The value of a secret; null when there is none, and then why, in one line that names no path of the coordinator's.</summary>
    /// <param name="name">Of whoever asks: any text.</param>
    /// <param name="problem">Empty when there is a value.</param>
    public byte[]? TryRead(string name, out string problem)
    {
        problem = options.SecretsDirectory.Length == 0
            ? $"the farm holds no secret '{name}', and no other: its operator gives it a folder of them with --secrets DIR (Coordinator:SecretsDirectory)"
            : "";
        if (problem.Length > 0)
        {
            return null;
        }

        if (!SecretNames.IsName(name))
        {
            problem = SecretNames.Rule;
            return null;
        }

        try
        {
            using var file = File.OpenHandle(Path.Combine(options.SecretsDirectory, name));
            return Read(name, file, out problem);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            problem = $"the farm holds no secret '{name}': its operator adds one as a file of that name to the folder of secrets";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"the secret '{name}' cannot be read by the coordinator: its operator looks at the file's owner and permissions";
        }

        return null;
    }

    /// <summary>By its handle, so that what was looked at is what is read.</summary>
    private static byte[]? Read(string name, SafeFileHandle file, out string problem)
    {
        if ((File.GetUnixFileMode(file) & Everybody) != UnixFileMode.None)
        {
            problem = $"the file of the secret '{name}' is open to every user of the coordinator's machine: its operator takes that away (chmod o-rw; in Kubernetes defaultMode: 0440)";
            return null;
        }

        var length = RandomAccess.GetLength(file);
        if (length is 0 or > MostBytes)
        {
            problem = $"the secret '{name}' has {length} bytes, and may have 1 to {MostBytes}";
            return null;
        }

        var value = new byte[length];
        problem = RandomAccess.Read(file, value, 0) == length ? "" : $"the secret '{name}' changed while it was read; try again";
        return problem.Length == 0 ? value : null;
    }
}
