using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Execution.Guards;
using BuildFarm.Worker.Inputs;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Homes;

/// <summary>A home that begins as a tree: the tree below, shared and never written to, and a layer of the task's own above.</summary>
internal sealed class TemplateHome : TaskHome
{
    private const uint OwnerOnly = 0x1C0;
    private readonly InputTree _template;
    private readonly string _folder;

    /// <param name="stateDirectory">The task's own; the home goes with it.</param>
    /// <param name="template">Owned by the home from now on.</param>
    /// <param name="owner">Who owns what the task writes.</param>
    /// <param name="limits">How much it may write.</param>
    /// <param name="time">The clock.</param>
    public TemplateHome(string stateDirectory, InputTree template, TaskOwner owner, ContainerLimits limits, TimeProvider time)
    {
        _template = template;
        _folder = Path.Combine(stateDirectory, "home");
        Directory.CreateDirectory(_folder);
        using var folder = DirectoryHandle.Open(_folder);
        foreach (var name in (ReadOnlySpan<string>)["upper", "work"])
        {
            folder.Create(name).Dispose();
            folder.ChangeMode(name, OwnerOnly);
            folder.ChangeOwner(name, owner.UserId, owner.UserId);
        }

        Guard = new DiskGuard("its home", [Path.Combine(_folder, "upper")], limits, time);
    }

    public override WorkspaceMount Mount => new OverlayMount(_template.Path, Path.Combine(_folder, "upper"), Path.Combine(_folder, "work"));

    public override IRunGuard Guard { get; }

    public override ValueTask DisposeAsync()
    {
        _template.Dispose();
        return default;
    }
}
