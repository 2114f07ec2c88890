namespace BuildFarm.Worker.Removal;

/// <summary>What a task that has ended leaves, to be removed.</summary>
/// <param name="Name">What people call it: where it is.</param>
/// <param name="RemoveAsync">Removes it, or throws an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> that says why it cannot.</param>
internal readonly record struct Leavings(string Name, Func<ValueTask> RemoveAsync)
{
    /// <summary>Leavings whose removal waits for nobody.</summary>
    public Leavings(string name, Action remove)
        : this(name, () =>
        {
            remove();
            return default;
        })
    {
    }
}
