using System.Globalization;
using System.Text;
using BuildFarm.Coordinator.Journal;

// Appends records to a journal for as long as it lives, seven a flush, and prints how many are acknowledged after each.
// A test kills it and looks for them. Arguments: sqlite PATH, or postgres CONNECTION-STRING.
const int RecordsOfAFlush = 7;

await using IJournal journal = args[0] == "postgres" ? new PostgresJournal(args[1]) : new SqliteJournal(args[1]);
await journal.OpenAsync(CancellationToken.None);
using var output = Console.OpenStandardOutput();
while (true)
{
    var next = journal.End.Number + 1;
    await journal.AppendAsync(
        [.. Enumerable.Range(0, RecordsOfAFlush).Select(i => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"record {next + i}"))))],
        CancellationToken.None);
    await journal.FlushAsync(CancellationToken.None);
    await output.WriteAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{journal.End.Number}\n")));
}
