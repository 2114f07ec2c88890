using System.Text.Json;
using Xunit;

namespace BuildFarm.EndToEnd.Tests.Support;

/// <summary>Reads in <c>farm status RUN --json</c> who ran what.</summary>
internal static class WhoRanIt
{
    /// <summary>The run's one task has this attempt, which tells all of its worker.</summary>
    public static JsonElement AssertKnown(FarmResult status, int number, string worker, string end)
    {
        using var document = JsonDocument.Parse(status.Out);
        var task = Assert.Single(document.RootElement.GetProperty("tasks").EnumerateArray());
        var attempt = task.GetProperty("attempts").EnumerateArray().Single(attempt => attempt.GetProperty("number").GetInt32() == number).Clone();
        Assert.Equal((worker, end), (attempt.GetProperty("worker").GetString(), attempt.GetProperty("end").GetString()));
        var who = attempt.GetProperty("ran_on");
        Assert.Equal(Environment.MachineName, who.GetProperty("host").GetString());
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), who.GetProperty("kernel").GetString());
        foreach (var name in new[] { "cpu", "runtime", "image", "environment", "agent_version" })
        {
            Assert.NotEqual("", who.GetProperty(name).GetString());
        }

        Assert.True(who.GetProperty("cpus").GetInt32() > 0 && who.GetProperty("memory_bytes").GetInt64() > 0, status.Out);
        return attempt;
    }
}
