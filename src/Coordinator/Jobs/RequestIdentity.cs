using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BuildFarm.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// A hash of what a submit asks for. Equal requests have equal ones whatever the order of their maps; the submitter does not
/// count, because whoever repeats a submit may sit at another machine.
/// </summary>
internal static class RequestIdentity
{
    public static string Of(SubmitJobRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var head = new JobSpec { Name = request.Spec.Name, Priority = request.Spec.Priority, FailFast = request.Spec.FailFast, Deadline = request.Spec.Deadline, SupersedeKey = request.Spec.SupersedeKey };
        Add(hash, request.InstanceName);
        Add(hash, head.ToByteArray());
        if (request.Parent is { } parent)
        {
            Add(hash, parent.ToByteArray());
        }

        Add(hash, request.Spec.Labels);
        foreach (var template in request.Spec.Tasks)
        {
            if (template.Environment.Count > 1 || template.Platform.Count > 1 || template.Resources?.Named.Count > 1)
            {
                var rest = template.Clone();
                rest.Environment.Clear();
                rest.Platform.Clear();
                rest.Resources?.Named.Clear();
                Add(hash, rest.ToByteArray());
                Add(hash, template.Environment);
                Add(hash, template.Platform);
                Add(hash, template.Resources?.Named ?? []);
            }
            else
            {
                Add(hash, template.ToByteArray());
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add<T>(IncrementalHash hash, MapField<string, T> map)
    {
        Add(hash, $"{map.Count}");
        foreach (var (key, value) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Add(hash, key);
            Add(hash, string.Create(CultureInfo.InvariantCulture, $"{value}"));
        }
    }

    private static void Add(IncrementalHash hash, string text) => Add(hash, Encoding.UTF8.GetBytes(text));

    // The length first, so that no two lists of parts spell the same bytes.
    private static void Add(IncrementalHash hash, byte[] part)
    {
        hash.AppendData(BitConverter.GetBytes(part.LongLength));
        hash.AppendData(part);
    }
}
