namespace BuildFarm.Worker.Roots.Images;

/// <summary>A name in a layer: below the root, whatever it says.</summary>
/// <param name="Parent">Relative, empty for the root itself.</param>
/// <param name="Name">One segment; empty when the whole path is the root.</param>
internal readonly record struct LayerPath(string Parent, string Name)
{
    public string Whole => Parent.Length == 0 ? Name : $"{Parent}/{Name}";

    /// <exception cref="InvalidImageException">It leads out of the root.</exception>
    public static LayerPath Parse(string text)
    {
        var segments = text.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(static segment => segment != ".").ToArray();
        if (segments.Contains("..", StringComparer.Ordinal) || text.Contains('\0'))
        {
            throw new InvalidImageException($"a layer names \"{text}\", which leads out of the image");
        }

        return segments.Length == 0 ? new LayerPath("", "") : new LayerPath(string.Join('/', segments[..^1]), segments[^1]);
    }

    /// <exception cref="InvalidImageException">It is no name of one segment.</exception>
    public static string CheckName(string name) =>
        name is "" or "." or ".." ? throw new InvalidImageException($"a layer removes \"{name}\", which is no name") : name;
}
