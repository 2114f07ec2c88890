using System.Diagnostics.CodeAnalysis;

namespace BuildFarm.Worker.Roots;

/// <summary>Where a root comes from.</summary>
internal enum RootKind
{
    /// <summary>The host's own, an allow list of it.</summary>
    Host,

    /// <summary>A folder with a root file system.</summary>
    Folder,

    /// <summary>A folder with an OCI image layout.</summary>
    OciLayout,

    /// <summary>An archive that <c>docker save</c> wrote.</summary>
    DockerArchive,
}

/// <summary>A root as an operator writes it: <c>host</c>, <c>/DIR</c>, <c>oci:/DIR[:NAME]</c> or <c>docker:/FILE[:NAME]</c>.</summary>
/// <param name="Kind">What is there.</param>
/// <param name="Path">Absolute; empty for the host.</param>
/// <param name="Name">Which image, where there are several; empty for the only one.</param>
internal sealed record RootReference(RootKind Kind, string Path, string Name)
{
    public const string HostText = "host";

    /// <summary>What tasks call it when its operator gives it no other name: the image's, else the file's.</summary>
    public string DefaultName => Kind == RootKind.Host ? HostText
        : Name.Length > 0 ? Name
        : Kind == RootKind.DockerArchive ? System.IO.Path.GetFileNameWithoutExtension(Path)
        : System.IO.Path.GetFileName(Path.TrimEnd('/'));

    public static bool TryParse(string text, [NotNullWhen(true)] out RootReference? reference)
    {
        reference = text.Split(':', 3) switch
        {
            [HostText] => new RootReference(RootKind.Host, "", ""),
            [['/', ..] path] => new RootReference(RootKind.Folder, path, ""),
            ["oci", ['/', ..] path, .. var name] => new RootReference(RootKind.OciLayout, path, string.Concat(name)),
            ["docker", ['/', ..] path, .. var name] => new RootReference(RootKind.DockerArchive, path, string.Concat(name)),
            _ => null,
        };
        return reference is not null;
    }
}
