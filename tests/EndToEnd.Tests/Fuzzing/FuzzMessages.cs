using System.Collections;
using Build.Bazel.Remote.Execution.V2;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>Messages that parse and mean something wrong: any message by its descriptor, and changes of one that was right.</summary>
internal sealed class FuzzMessages(Random random, FuzzCorpus corpus, FuzzTexts texts)
{
    private const int Deepest = 5;
    private static readonly long[] Numbers = [0, 1, -1, 2, 7, 100, 4096, (4 << 20) + 1, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 315_576_000_001];

    public IMessage Make(MessageDescriptor type) => Make(type, 0);

    /// <summary>Gives one field, of the message or of one inside it, another value or none.</summary>
    public void Change(IMessage message)
    {
        var fields = message.Descriptor.Fields.InDeclarationOrder();
        if (fields.Count == 0)
        {
            return;
        }

        var field = fields[random.Next(fields.Count)];
        var value = field.Accessor.GetValue(message);
        var inner = value switch
        {
            IMessage one => one,
            IList { Count: > 0 } list when list[random.Next(list.Count)] is IMessage one => one,
            _ => null,
        };
        if (inner is not null && random.Next(3) > 0)
        {
            Change(inner);
        }
        else if (random.Next(4) == 0)
        {
            field.Accessor.Clear(message);
        }
        else if (value is IList { Count: > 0 } list && random.Next(2) == 0)
        {
            Repeat(list);
        }
        else
        {
            Fill(message, field, 1);
        }
    }

    private IMessage Make(MessageDescriptor type, int depth)
    {
        if (type == Digest.Descriptor)
        {
            return MakeDigest();
        }

        var message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in type.Fields.InDeclarationOrder().Where(_ => random.Next(4) > 0))
        {
            Fill(message, field, depth);
        }

        return message;
    }

    private Digest MakeDigest()
    {
        var right = corpus.Digests[random.Next(corpus.Digests.Count)];
        return random.Next(6) switch
        {
            0 => new Digest { Hash = texts.Hash(), SizeBytes = right.SizeBytes },
            1 => new Digest { Hash = right.Hash, SizeBytes = Numbers[random.Next(Numbers.Length)] },
            2 => new Digest(),
            _ => right.Clone(),
        };
    }

    private void Fill(IMessage message, FieldDescriptor field, int depth)
    {
        if (depth > Deepest)
        {
            return;
        }

        if (field.IsMap)
        {
            var map = (IDictionary)field.Accessor.GetValue(message);
            var (key, item) = (field.MessageType.FindFieldByNumber(1), field.MessageType.FindFieldByNumber(2));
            for (var left = random.Next(4); left > 0; left--)
            {
                map[Value(key, depth)] = Value(item, depth + 1);
            }
        }
        else if (field.IsRepeated)
        {
            var list = (IList)field.Accessor.GetValue(message);
            for (var left = random.Next(4); left > 0; left--)
            {
                list.Add(Value(field, depth + 1));
            }

            if (list.Count > 0 && random.Next(30) == 0)
            {
                Repeat(list);
            }
        }
        else
        {
            field.Accessor.SetValue(message, Value(field, depth + 1));
        }
    }

    // Mostly twice, and rarely so often that a reader notices.
    private void Repeat(IList list)
    {
        var again = list[random.Next(list.Count)];
        for (var left = random.Next(20) == 0 ? 3000 : random.Next(1, 3); left > 0; left--)
        {
            list.Add(again);
        }
    }

    private object Value(FieldDescriptor field, int depth)
    {
        var number = Numbers[random.Next(Numbers.Length)];
        return field.FieldType switch
        {
            // Its C# type is that of the value.
            FieldType.Message when field.MessageType.File.Name == "google/protobuf/wrappers.proto" => Value(field.MessageType.FindFieldByNumber(1), depth),
            FieldType.Message or FieldType.Group => Make(field.MessageType, depth),
            FieldType.Enum => Enum.ToObject(
                field.EnumType.ClrType, random.Next(4) == 0 ? unchecked((int)number) : field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Number),
            FieldType.String => texts.For(field.Name),
            FieldType.Bytes => ByteString.CopyFrom(MakeBytes()),
            FieldType.Bool => random.Next(2) == 0,
            FieldType.Double => random.Next(3) == 0 ? double.NaN : (double)number,
            FieldType.Float => random.Next(3) == 0 ? float.PositiveInfinity : (float)number,
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => number,
            FieldType.UInt64 or FieldType.Fixed64 => unchecked((ulong)number),
            FieldType.UInt32 or FieldType.Fixed32 => unchecked((uint)number),
            _ => unchecked((int)number),
        };
    }

    private byte[] MakeBytes()
    {
        var bytes = new byte[random.Next(10) == 0 ? random.Next(70_000) : random.Next(64)];
        random.NextBytes(bytes);
        // As zstd begins.
        return random.Next(5) == 0 ? [0x28, 0xb5, 0x2f, 0xfd, .. bytes] : bytes;
    }
}
