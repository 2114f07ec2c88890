namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>The cgroup of one task.</summary>
internal interface ICgroup : IDisposable
{
    /// <summary>The OCI bundle's <c>cgroupsPath</c>: a child of this cgroup, for the runtime to make.</summary>
    string RuntimePath { get; }

    CgroupUsage ReadUsage();

    /// <summary>Its folders as programs look for them: below <c>/sys/fs/cgroup</c>, and where they are.</summary>
    IReadOnlyList<(string Name, string Folder)> Folders { get; }

    /// <summary>The processes in it and those below.</summary>
    IReadOnlyList<int> Processes();

    /// <summary>
    /// Moves the calling thread in, so that what it starts is born there, until the returned object is disposed by the
    /// same thread. Null where only whole processes can be moved: what is to be there moves itself, by <see cref="ProcessesFile"/>.
    /// </summary>
    IDisposable? TryEnter();

    /// <summary>A process that writes 0 to it is in this cgroup from then on; on version 1 in this hierarchy alone.</summary>
    string ProcessesFile { get; }

    /// <summary>
    /// Where what a child has counted goes with the child, a process that a daemon put into one counts here from now on, and so do those that
    /// it will start. Its limits stay as they are.
    /// </summary>
    void CountHere(int process);

    /// <summary>Sends a signal to every process in it.</summary>
    /// <param name="signal">Its number.</param>
    /// <param name="spared">A process that does not get it; 0 for none.</param>
    void Signal(int signal, int spared = 0);

    /// <summary>Kills every process in it and waits until none is left, for about half a minute.</summary>
    void KillAll();

    /// <summary>Removes it; what still runs in it is killed first.</summary>
    /// <exception cref="IOException">Something in it will not die.</exception>
    void Remove();
}
