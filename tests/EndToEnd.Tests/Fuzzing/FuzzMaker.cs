using System.Buffers.Binary;
using System.IO.Compression;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore.Remote;
using Google.Bytestream;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Action = Build.Bazel.Remote.Execution.V2.Action;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>Makes the cases of a seed, each from its number alone.</summary>
internal sealed class FuzzMaker(int seed, FuzzCorpus corpus, IReadOnlyList<MethodDescriptor> methods)
{
    private const int LargestStored = 1 << 20;

    private static readonly string[] Keyed = ["ExecutedResults", "CacheNode"];
    private static readonly string[] BrokenTimeouts = ["", "5", "x", "-1S", "123456789S", "1Q", "0n", "1n"];
    private static readonly string[] BrokenTypes = ["text/plain", "application/grpc-web", "application/json", "application/grpc;charset=\"", "application/grpc+"];
    private static readonly string[] Encodings = ["gzip", "identity", "snappy", "deflate", "", "gzip,gzip"];

    public FuzzCase Make(int number)
    {
        var random = new Random(unchecked((seed * 1_000_003) + number));
        return random.Next(1000) switch
        {
            < 6 => Execution(number, random),
            < 100 => Upload(number, random),
            < 200 => new FuzzCase(number, FuzzKind.Http, "http", new FuzzHttp(random, new FuzzTexts(random, corpus)).Make(), [], []),
            < 205 => Connection(number, random),
            < 300 => BrokenCall(number, random),
            _ => Call(number, random),
        };
    }

    private static byte[] Frame(byte[] message, byte flag = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private FuzzCase Call(int number, Random random)
    {
        var method = methods[random.Next(methods.Count)];
        var count = method.IsClientStreaming ? random.Next(1, 4) : 1;
        byte[] body = [.. Enumerable.Range(0, count).SelectMany(_ => Frame(Message(method.InputType, random)))];
        return new FuzzCase(number, FuzzKind.Call, FullName(method), body, KeyFor(method, random), []);
    }

    // Without the key its calls end at the door; with it, what is behind the door is tried too.
    private static List<(string Name, string Value)> KeyFor(MethodDescriptor method, Random random) =>
        Keyed.Contains(method.Service.Name, StringComparer.Ordinal) && random.Next(4) > 0 ? [(RemoteActionCache.KeyHeader, FuzzFarm.CoordinatorKey)] : [];

    private FuzzCase BrokenCall(int number, Random random)
    {
        var method = methods[random.Next(methods.Count)];
        var message = Message(method.InputType, random);
        List<(string, string)> headers = [];
        var body = Frame(message);
        switch (random.Next(8))
        {
            case 0:
                body = WireMutator.Mutate(body, random);
                break;
            case 1:
                body = Frame(message, (byte)random.Next(1, 256));
                break;
            case 2:
                body = [.. body, .. body];
                break;
            case 3:
                headers.Add(("grpc-encoding", Encodings[random.Next(Encodings.Length)]));
                body = Frame(random.Next(2) == 0 ? message : Gzip(message, random), 1);
                break;
            case 4:
                headers.Add(("grpc-timeout", BrokenTimeouts[random.Next(BrokenTimeouts.Length)]));
                break;
            case 5:
                headers.Add(("content-type", BrokenTypes[random.Next(BrokenTypes.Length)]));
                break;
            case 6:
                headers.Add(("build.bazel.remote.execution.v2.requestmetadata-bin", random.Next(2) == 0 ? "****" : Convert.ToBase64String(message)[..Math.Min(200, message.Length)]));
                break;
            default:
                body = [];
                break;
        }

        return new FuzzCase(number, FuzzKind.BrokenCall, FullName(method), body, headers, []);
    }

    /// <summary>An upload that was right, in pieces of which some are changed.</summary>
    private FuzzCase Upload(int number, Random random)
    {
        var content = new byte[random.Next(3) == 0 ? random.Next(200_000) : random.Next(500)];
        random.NextBytes(content);
        var texts = new FuzzTexts(random, corpus);
        var messages = new FuzzMessages(random, corpus, texts);
        var name = $"uploads/{number}/{FuzzCorpus.NameOf(FuzzCorpus.DigestOf(content))}";
        name = random.Next(8) == 0 ? name.Replace("blobs", "compressed-blobs/zstd", StringComparison.Ordinal) : name;
        var pieces = random.Next(1, 5);
        var body = new List<byte>();
        for (var (piece, at) = (0, 0); piece < pieces; piece++)
        {
            var end = piece == pieces - 1 ? content.Length : random.Next(at, content.Length + 1);
            var write = new WriteRequest
            {
                ResourceName = piece == 0 || random.Next(2) == 0 ? name : "",
                WriteOffset = at,
                Data = ByteString.CopyFrom(content, at, end - at),
                FinishWrite = piece == pieces - 1 && random.Next(8) > 0,
            };
            if (random.Next(5) == 0)
            {
                messages.Change(write);
            }

            var bytes = write.ToByteArray();
            body.AddRange(Frame(random.Next(20) == 0 ? WireMutator.Mutate(bytes, random) : bytes));
            at = end;
        }

        return new FuzzCase(number, FuzzKind.Call, "google.bytestream.ByteStream/Write", [.. body], [], []);
    }

    /// <summary>An Action that was right, with one of its messages changed, stored as it is and executed.</summary>
    private FuzzCase Execution(int number, Random random)
    {
        var messages = new FuzzMessages(random, corpus, new FuzzTexts(random, corpus));
        var (command, tree, action) = (corpus.Command.Clone(), corpus.Tree.Clone(), corpus.Action.Clone());
        var changed = random.Next(3);
        for (var left = random.Next(1, 4); left > 0; left--)
        {
            messages.Change(((IMessage[])[command, tree, action])[changed]);
        }

        byte[] Stored(IMessage message)
        {
            // It must come into the cache in a batch before it can do harm.
            var bytes = message.CalculateSize() > LargestStored ? [] : message.ToByteArray();
            return random.Next(8) == 0 ? WireMutator.Mutate(bytes, random) : bytes;
        }

        var (commandBlob, treeBlob) = (Stored(command), Stored(tree));
        if (changed != 2)
        {
            action.CommandDigest = FuzzCorpus.DigestOf(commandBlob);
            action.InputRootDigest = random.Next(8) switch { 0 => corpus.Deep, 1 => corpus.Wide, _ => FuzzCorpus.DigestOf(treeBlob) };
        }

        var actionBlob = Stored(action);
        var request = new ExecuteRequest { ActionDigest = FuzzCorpus.DigestOf(actionBlob), SkipCacheLookup = random.Next(2) == 0 };
        if (random.Next(5) == 0)
        {
            messages.Change(request);
        }

        return new FuzzCase(
            number, FuzzKind.Call, "build.bazel.remote.execution.v2.Execution/Execute", Frame(request.ToByteArray()), [], [commandBlob, treeBlob, actionBlob]);
    }

    private static FuzzCase Connection(int number, Random random)
    {
        var garbage = new byte[random.Next(1, 300)];
        random.NextBytes(garbage);
        byte[] body = random.Next(3) == 0 ? garbage : [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. garbage];
        return new FuzzCase(number, FuzzKind.Connection, "connection", body, [], []);
    }

    private byte[] Message(MessageDescriptor type, Random random)
    {
        var messages = new FuzzMessages(random, corpus, new FuzzTexts(random, corpus));
        var right = corpus.RequestsOf(type);
        byte[] bytes;
        if (right.Count > 0 && random.Next(5) > 1)
        {
            var message = type.Parser.ParseFrom(right[random.Next(right.Count)].ToByteString());
            for (var left = random.Next(4); left > 0; left--)
            {
                messages.Change(message);
            }

            bytes = message.ToByteArray();
        }
        else
        {
            bytes = messages.Make(type).ToByteArray();
        }

        return random.Next(4) == 0 ? WireMutator.Mutate(bytes, random) : bytes;
    }

    /// <summary>Compressed, and now and then what unfolds into more than a server takes.</summary>
    private static byte[] Gzip(byte[] message, Random random)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(random.Next(100) == 0 ? new byte[32 << 20] : message);
        }

        var bytes = compressed.ToArray();
        return random.Next(4) == 0 ? bytes[..(bytes.Length / 2)] : bytes;
    }

    private static string FullName(MethodDescriptor method) => $"{method.Service.FullName}/{method.Name}";
}
