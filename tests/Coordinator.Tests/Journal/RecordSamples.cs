using System.Collections.Immutable;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;
using Type = System.Type;

namespace BuildFarm.Coordinator.Tests.Journal;

/// <summary>
/// One event or fact of every kind that journals keep, made so that no property has its default: what the format forgets
/// shows. Events are made from their types, so a new property is in its sample without anybody adding it.
/// </summary>
internal static class RecordSamples
{
    /// <summary>All of them by the name of their type.</summary>
    public static IReadOnlyDictionary<string, object> All { get; } = EventTypes().Select(type => new Maker().Make(type))
        .Where(sample => ((Event)sample).IsDurable)
        .Concat(Facts())
        .ToDictionary(sample => sample.GetType().Name, StringComparer.Ordinal);

    private static IEnumerable<Type> EventTypes() =>
        typeof(Event).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Event)) && !type.IsAbstract).OrderBy(type => type.Name, StringComparer.Ordinal);

    private static IEnumerable<JournalFact> Facts() =>
    [
        new JobSubmitted("j1", new SubmitJobRequest
        {
            InstanceName = "main",
            IdempotencyKey = "key",
            Spec = new V1.JobSpec
            {
                Name = "job",
                Priority = 3,
                Submitter = "me@here",
                Tasks = { new TaskTemplate { Name = "a", Arguments = { "true" }, OutputPaths = { "out" }, Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(9)) } },
            },
        }),
        new ResultReceived("result of e7#2", new Completion
        {
            Outcome = V1.Outcome.Failure,
            ExitCode = 3,
            Message = "exited with 3",
            Usage = new ResourceUsage { PeakMemoryBytes = 5 },
        }),
        new JournalNamed("0123abcd"),
        new WorkerDescribed("w1", new AttemptFacts { Host = new HostFacts { Hostname = "node-7" }, AgentVersion = "1.2.3", Image = "debian sha256:0123" }),
        new AttemptsNoted(new ExecutionId(9), new TaskId(new JobId("j1"), 4),
        [
            new TaskAttempt { Number = 2, Worker = "w1", End = AttemptEnd.Infrastructure, Message = "worker w1 was lost", StartedAt = new Timestamp { Seconds = 1_700_000_000 } },
        ]),
    ];

    /// <summary>Makes values of any type that events are built from, each number another one.</summary>
    private sealed class Maker
    {
        private int _next;

        public object Make(Type type)
        {
            if (Nullable.GetUnderlyingType(type) is { } inner)
            {
                return Make(inner);
            }

            if (type.IsEnum)
            {
                return Enum.GetValues(type).Cast<object>().ElementAt(1);
            }

            if (type == typeof(Platform))
            {
                return Platform.Of(($"name{++_next}", $"value{++_next}"), ($"name{++_next}", $"value{++_next}"));
            }

            if (type == typeof(NamedAmounts))
            {
                return NamedAmounts.Of([KeyValuePair.Create($"name{++_next}", ++_next * 1L), KeyValuePair.Create($"name{++_next}", ++_next * 1L)]);
            }

            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
            {
                return MakeArray(type.GetGenericArguments()[0]);
            }

            return Type.GetTypeCode(type) switch
            {
                TypeCode.String => $"text{++_next}",
                TypeCode.Int32 => ++_next,
                TypeCode.Int64 => (1L << 33) + ++_next,
                TypeCode.Boolean => true,
                _ when type == typeof(TimeSpan) => TimeSpan.FromTicks(10_000_001L * ++_next),
                _ when type == typeof(DateTimeOffset) => DateTimeOffset.UnixEpoch.AddTicks(17_000_000_000_000_001 + ++_next),
                _ => MakeRecord(type),
            };
        }

        private object MakeArray(Type element)
        {
            var array = Array.CreateInstance(element, 2);
            array.SetValue(Make(element), 0);
            array.SetValue(Make(element), 1);
            return typeof(ImmutableArray).GetMethods().Single(method => method.Name == nameof(ImmutableArray.Create)
                    && method.GetParameters() is [{ ParameterType.IsArray: true }])
                .MakeGenericMethod(element)
                .Invoke(null, [array])!;
        }

        private object MakeRecord(Type type)
        {
            var constructor = type.GetConstructors().OrderByDescending(candidate => candidate.GetParameters().Length).First();
            var made = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Make(parameter.ParameterType))]);
            var inConstructor = constructor.GetParameters().Select(parameter => parameter.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var property in type.GetProperties().Where(property => property.CanWrite && !inConstructor.Contains(property.Name)))
            {
                // What is true by default must be false to be seen.
                property.SetValue(made, property.GetValue(made) is true ? false : Make(property.PropertyType));
            }

            return made;
        }
    }
}
