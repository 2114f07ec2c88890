using System.Collections;
using System.Globalization;
using BuildFarm.Scheduling;
using Google.Protobuf;

namespace BuildFarm.Coordinator.Tests.Journal;

/// <summary>An event or fact as lines of text, one a value, for comparing with what a golden file says.</summary>
internal static class RecordText
{
    public static IReadOnlyList<string> Describe(object subject)
    {
        var lines = new List<string>();
        Describe(subject.GetType().Name, subject, lines);
        return lines;
    }

    private static void Describe(string path, object? value, List<string> lines)
    {
        switch (value)
        {
            case null:
                lines.Add($"{path} = null");
                break;
            case Platform or IMessage:
                lines.Add($"{path} = {value}");
                break;
            case DateTimeOffset at:
                lines.Add($"{path} = {at.ToString("O", CultureInfo.InvariantCulture)}");
                break;
            case string or Enum or TimeSpan or IConvertible:
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{path} = {value}"));
                break;
            case IEnumerable items:
                foreach (var (index, item) in items.Cast<object>().Index())
                {
                    Describe($"{path}[{index}]", item, lines);
                }

                break;
            default:
                foreach (var property in value.GetType().GetProperties().Where(property => property.CanWrite))
                {
                    Describe($"{path}.{property.Name}", property.GetValue(value), lines);
                }

                break;
        }
    }
}
