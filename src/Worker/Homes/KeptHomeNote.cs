using System.Globalization;

namespace BuildFarm.Worker.Homes;

/// <summary>What a worker notes of a kept home, in a file beside it whose time says when it was used last.</summary>
/// <param name="Instance">Whose.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Id">Of this content.</param>
/// <param name="Bytes">On disk, when its last task had ended; 0 before.</param>
internal sealed record KeptHomeNote(string Instance, string Name, string Id, long Bytes)
{
    /// <summary>When a task had it last.</summary>
    public DateTimeOffset UsedAt { get; init; }

    /// <summary>Null when there is none, or it is not of this form: notes of earlier releases have no id.</summary>
    public static KeptHomeNote? TryRead(string file)
    {
        try
        {
            return File.ReadAllLines(file) is [var instance, var name, var id, var bytes] && long.TryParse(bytes, CultureInfo.InvariantCulture, out var number)
                ? new KeptHomeNote(instance, name, id, number) { UsedAt = new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero) }
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Write(string file)
    {
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"{Instance}\n{Name}\n{Id}\n{Bytes}\n"));
        File.SetLastWriteTimeUtc(file, UsedAt.UtcDateTime);
    }
}
