using System.Runtime.InteropServices;

namespace BuildFarm.Worker.Containers;

/// <summary>Who owns a task's files, as the host sees it.</summary>
/// <param name="UserId">Number of the user, and of its group.</param>
/// <param name="Differs">It is not the worker's own user, so that files must be given to it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TaskOwner(uint UserId, bool Differs);
