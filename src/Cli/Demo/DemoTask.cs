using BuildFarm.Cli.Inputs;
using BuildFarm.V1;

namespace BuildFarm.Cli.Demo;

/// <summary>A task of the demo and the tree that its template names.</summary>
internal sealed record DemoTask(TaskTemplate Template, InputTree Inputs);
