using System.CommandLine;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Local;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm backup FILE</c> and <c>farm restore FILE</c>: the state of a farm that is down, as one file.</summary>
internal static class BackupCommand
{
    private static readonly Argument<string> File = new("FILE") { Description = "The backup." };
    private static readonly Option<string?> Data = new("--data") { Description = "The farm's data folder; default: yours.", HelpName = "DIR" };

    public static Command CreateBackup(CommandContext context)
    {
        var command = new Command("backup", "Copy the jobs and the history of a stopped farm into a file.") { File, Data };
        command.SetAction((parsed, token) => RunAsync(parsed, async (folder, file) =>
        {
            var records = await StateBackup.WriteAsync(folder, file, token);
            await context.Terminal.OutText.WriteLineAsync($"backup  {file}  {records} records");
        }));
        return command;
    }

    public static Command CreateRestore(CommandContext context)
    {
        var command = new Command("restore", "Put the jobs and the history of a backup into a farm that has none.") { File, Data };
        command.SetAction((parsed, token) => RunAsync(parsed, async (folder, file) =>
        {
            var records = await StateBackup.RestoreAsync(file, folder, token);
            await context.Terminal.OutText.WriteLineAsync($"restored  {folder}  {records} records");
        }));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Func<string, string, Task> work)
    {
        var folder = parsed.GetValue(Data) ?? DataDirectory.DefaultPath();
        if (folder.Length == 0)
        {
            throw FarmException.Usage("--data is empty; name a folder.");
        }

        try
        {
            using var data = DataDirectory.Open(folder, "farm backup or restore");
            await work(data.Folder("coordinator"), parsed.GetRequiredValue(File));
            return ExitCode.Ok;
        }
        catch (Exception error) when (error is JournalException or DataDirectoryInUseException or IOException or UnauthorizedAccessException)
        {
            var message = error.Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw FarmException.Infrastructure($"{char.ToUpperInvariant(message[0])}{message[1..]}.", error);
        }
    }
}
