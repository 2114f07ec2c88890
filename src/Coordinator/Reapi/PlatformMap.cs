using System.Globalization;
using Build.Bazel.Remote.Execution.V2;
using Grpc.Core;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>Platform properties of REAPI clients as what this farm calls them. What is neither mapped nor ignored stays, and no pool offers it.</summary>
public sealed class PlatformMap(CoordinatorOptions options)
{
    private const string Cpu = "cpu";
    private const string Memory = "memory";

    /// <summary>The properties that a pool must offer, and the amounts that the task holds.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: an amount is no number, or a property has two values.</exception>
    public (IReadOnlyDictionary<string, string> Properties, V1.Resources Resources) Map(Platform? platform)
    {
        var properties = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var resources = new V1.Resources();
        foreach (var property in platform?.Properties ?? [])
        {
            var (name, value) = Rename(property.Name, property.Value);
            if (options.Reapi.IgnoredProperties.Contains(property.Name, StringComparer.Ordinal))
            {
                continue;
            }

            switch (name)
            {
                case Cpu:
                    resources.CpuMillis = (long)(Number(property, value) * 1000);
                    break;
                case Memory:
                    resources.MemoryBytes = (long)Bytes(property, value);
                    break;
                case "":
                    throw Invalid("a platform property has no name");
                default:
                    if (!properties.TryAdd(name, value) && !string.Equals(properties[name], value, StringComparison.Ordinal))
                    {
                        throw Invalid($"the platform property {name} has the values '{properties[name]}' and '{value}'; no worker has both");
                    }

                    break;
            }
        }

        return (properties, resources);
    }

    private (string Name, string Value) Rename(string name, string value)
    {
        var known = options.Reapi.Properties;
        if (known.TryGetValue(name, out var renamed))
        {
            name = renamed;
        }

        if (!known.TryGetValue($"{name}={value}", out var whole))
        {
            return (name, value);
        }

        var equals = whole.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (whole, value) : (whole[..equals], whole[(equals + 1)..]);
    }

    private static double Bytes(Platform.Types.Property property, string value)
    {
        var (digits, unit) = value.TrimEnd('B', 'b', 'i') switch
        {
            [.. var number, 'K' or 'k'] => (number, 1L << 10),
            [.. var number, 'M' or 'm'] => (number, 1L << 20),
            [.. var number, 'G' or 'g'] => (number, 1L << 30),
            var number => (number, 1L),
        };
        return Number(property, digits) * unit;
    }

    private static double Number(Platform.Types.Property property, string digits) =>
        double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is > 0 and < (1L << 50)
            ? number
            : throw Invalid($"the platform property {property.Name} is '{property.Value}', which is no amount");

    private static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
