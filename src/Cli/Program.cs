using BuildFarm.Cli;
using BuildFarm.Cli.Output;

return await new FarmProgram(FarmTerminal.OfProcess(), TimeProvider.System).RunAsync(args);
