using System.Security.Cryptography;
using System.Text;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Offer;
using BuildFarm.Worker.Roots.Images;

namespace BuildFarm.Worker.Roots;

/// <summary>Opens the root that a worker's operator chose.</summary>
internal static class ContainerRoots
{
    // Raise it when what is laid over roots changes in a way that results may depend on.
    private const string Version = "root-1";

    /// <param name="options">Its root.</param>
    /// <param name="images">Folder where images are unpacked, and kept.</param>
    /// <param name="cancellationToken">Ends unpacking.</param>
    /// <exception cref="RuntimeUnusableException">It cannot be a root; the message says why.</exception>
    public static async Task<IContainerRoot> OpenAsync(WorkerOptions options, string images, CancellationToken cancellationToken)
    {
        if (!RootReference.TryParse(options.Root, out var reference))
        {
            throw new RuntimeUnusableException(WorkerOptions.UnknownRoot(options.Root));
        }

        if (reference.Kind == RootKind.Host)
        {
            return new HostRoot([.. options.RootPaths], EnvironmentIdentity.Read(options.Isolation, options.RootPaths));
        }

        try
        {
            if (reference.Kind == RootKind.Folder)
            {
                if (!Directory.Exists(reference.Path))
                    throw new DirectoryNotFoundException("there is no such folder");
                return new FolderRoot(reference.Path, IdentityOf(reference.Path, options.RootIdentity), $"{options.ImageName} (folder {reference.Path})");
            }

            var image = await new ImageCache(images).OpenAsync(reference, cancellationToken);
            return new FolderRoot(image.Folder, Hash("image", image.Digest), $"{options.ImageName} {image.Digest}");
        }
        catch (Exception e) when (e is InvalidImageException or IOException or UnauthorizedAccessException)
        {
            throw new RuntimeUnusableException($"the root {options.Root} cannot be used: {e.Message}");
        }
    }

    private static string IdentityOf(string folder, string declared)
    {
        if (declared.Length > 0)
        {
            return Hash("declared", declared);
        }

        return PackageDatabases.TryHash(folder) is { } packages
            ? Hash("packages", packages)
            : throw new RuntimeUnusableException($"{folder} has no package database that says what is in it: say it with --Worker:RootIdentity, and change that whenever the folder changes");
    }

    private static string Hash(string kind, string content) =>
        $"{kind}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Version}\n{Machine.Architecture()}\n{content}")).AsSpan(0, 16))}";
}
