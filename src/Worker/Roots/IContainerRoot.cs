namespace BuildFarm.Worker.Roots;

/// <summary>What containers have as their root: all that a task sees beside its inputs.</summary>
internal interface IContainerRoot
{
    /// <summary>Identity of its content, part of the cache's key (design decision 7).</summary>
    string Identity { get; }

    /// <summary>For people: the image or folder that it is, with its digest where it has one.</summary>
    string Description { get; }

    /// <summary>Absolute folders of the host that it shows: nothing may be mounted over them.</summary>
    IReadOnlyList<string> HostFolders { get; }

    /// <summary>Builds it at <paramref name="path"/>, an empty folder, read-only, in the calling thread's mount namespace.</summary>
    /// <param name="path">Where.</param>
    /// <param name="files">A folder for the small files that stand in for its own.</param>
    void Mount(string path, string files);
}
