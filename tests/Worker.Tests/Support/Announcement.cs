using Xunit;

namespace BuildFarm.Worker.Tests.Support;

/// <summary>Something that is said by two threads at once, and told to a listener once.</summary>
internal static class Announcement
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    /// <summary>Has a second thread say it while the listener hears the first.</summary>
    /// <param name="listen">Makes what it is given the listener.</param>
    /// <param name="say">Says it.</param>
    /// <returns>What the listener had heard when the second thread had said it; null for nothing.</returns>
    public static string? HeardBySecond(Action<Action<string>> listen, Action say)
    {
        string? heard = null;
        string? found = null;
        var second = new Thread(() =>
        {
            say();
            found = Volatile.Read(ref heard);
        });
        listen(reason =>
        {
            second.Start();
            // It has said it, or it waits until this has been heard.
            Assert.True(SpinWait.SpinUntil(() => second.ThreadState is ThreadState.Stopped or ThreadState.WaitSleepJoin, Guard));
            Volatile.Write(ref heard, reason);
        });
        say();
        second.Join();
        return found;
    }
}
