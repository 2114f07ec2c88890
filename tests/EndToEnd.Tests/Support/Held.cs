using System.Diagnostics;
using BuildFarm.TestKit;

namespace BuildFarm.EndToEnd.Tests.Support;

/// <summary>
/// A part of a task that lasts until the test lets it go, however slow the machine is: a <c>sleep</c> of a length that nothing else has, by which
/// it is found among the machine's processes, also when it runs in a container.
/// </summary>
internal sealed class Held
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

    /// <summary>Seconds.</summary>
    public string Length { get; } = HostProcesses.Marker();

    /// <summary>The command; a shell goes on after it, also one that ends at errors.</summary>
    public string Command => $"sleep {Length} || :";

    /// <summary>What is held.</summary>
    public IReadOnlyList<int> Processes() => [.. HostProcesses.WithCommand($"sleep\0{Length}\0")];

    /// <summary>Lets go whatever is held, now or from now on, until something has happened.</summary>
    public async Task<T> LetGoUntilAsync<T>(Task<T> happened)
    {
        using var timer = new PeriodicTimer(Between, TimeProvider.System);
        while (!happened.IsCompleted)
        {
            foreach (var process in Processes())
            {
                Kill(process);
            }

            await Task.WhenAny(happened, timer.WaitForNextTickAsync().AsTask());
        }

        return await happened;
    }

    /// <inheritdoc cref="LetGoUntilAsync{T}(Task{T})" />
    /// <param name="waiting">Whose end is meant.</param>
    public Task<FarmResult> LetGoUntilEndAsync(FarmProcess waiting) => LetGoUntilAsync(waiting.EndAsync());

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended by itself, or with its container.
        }
    }
}
