// The messages of buildfarm.v1 that the command line speaks of, by names that do not collide with .NET's own Task.
global using FarmJob = BuildFarm.V1.Job;
global using FarmTask = BuildFarm.V1.Task;
global using JobEvent = BuildFarm.V1.JobEvent;
global using JobState = BuildFarm.V1.JobState;
global using JobSummary = BuildFarm.V1.JobSummary;
global using Outcome = BuildFarm.V1.Outcome;
global using ResultOrigin = BuildFarm.V1.ResultOrigin;
global using TaskKind = BuildFarm.V1.TaskKind;
global using TaskState = BuildFarm.V1.TaskState;
