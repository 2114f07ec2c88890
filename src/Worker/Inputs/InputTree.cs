namespace BuildFarm.Worker.Inputs;

/// <summary>The use of a laid-out input root by one task. Disposal gives it back; it must not be written to.</summary>
internal sealed class InputTree(string path, Action release) : IDisposable
{
    private Action? release = release;

    /// <summary>Where it is.</summary>
    public string Path => path;

    public void Dispose() => Interlocked.Exchange(ref release, null)?.Invoke();
}
