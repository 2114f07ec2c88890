using System.Text;

namespace BuildFarm.Hosting.Local;

/// <summary>
/// Marks a folder as the farm's own, so that it is never sent as a part of an input that happens to contain it. The mark is
/// a cache directory tag (https://bford.info/cachedir/), which makes back-up programs leave the folder out too.
/// </summary>
public static class FarmFolderTag
{
    /// <summary>Name of the file that is the mark.</summary>
    public const string FileName = "CACHEDIR.TAG";

    private const string Owner = "# This folder belongs to BuildFarm.";
    private const string Text = "Signature: 8a477f597d28d172789f06886806bc55\n" + Owner + "\n";

    /// <summary>Marks a folder that exists. One that has a tag of anybody's keeps it; one that cannot be written to stays as it is.</summary>
    public static void Put(string folder)
    {
        try
        {
            using var tag = new FileStream(Path.Combine(folder, FileName), FileMode.CreateNew, FileAccess.Write);
            tag.Write(Encoding.ASCII.GetBytes(Text));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It is there already, or whoever uses the folder next says what is wrong with it.
        }
    }

    /// <summary>Whether a folder has the farm's mark.</summary>
    public static bool IsOn(string folder)
    {
        try
        {
            using var tag = new StreamReader(Path.Combine(folder, FileName), Encoding.ASCII);
            var head = new char[Text.Length];
            return tag.ReadBlock(head) == head.Length && head.AsSpan().SequenceEqual(Text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
