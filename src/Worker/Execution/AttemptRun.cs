using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Logs;

namespace BuildFarm.Worker.Execution;

/// <summary>What came of running an attempt's container.</summary>
internal sealed record AttemptRun(RunEnd End, ExitEvidence Evidence, CapturedLog StandardOutput, CapturedLog StandardError);
