using System.Buffers;
using System.Text;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore.Remote.Wire;
using BuildFarm.Digests;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;
using DigestFunction = BuildFarm.Digests.DigestFunction;

namespace BuildFarm.Cache.Cas;

/// <summary>
/// <see cref="FindMissingBlobsRequest"/> as its bytes (field numbers of remote_execution.proto): the generated message would make an object and a
/// text of each of ten thousand digests, which are numbers here from the start.
/// </summary>
public sealed class FindMissingQuery : IDisposable
{
    private const int InstanceNameField = 1;
    private const int DigestsField = 2;
    private const int FunctionField = 3;
    private const int HashField = 1;
    private const int SizeField = 2;

    private readonly int _length;
    private byte[]? _bytes;

    private FindMissingQuery(byte[] bytes, int length) => (_bytes, _length) = (bytes, length);

    /// <summary>Reads from the wire; writing is the client's.</summary>
    internal static Marshaller<FindMissingQuery> Marshaller { get; } = Marshallers.Create<FindMissingQuery>(
        static (_, _) => throw new NotSupportedException("a query is only read"),
        static context => new FindMissingQuery(PooledPayload.Rent(context, out var length), length));

    private WireReader Fields => new(_bytes.AsSpan(0, _length));

    /// <summary>The digests that are asked for, in their order and as often.</summary>
    /// <exception cref="InvalidDataException">It is no such message.</exception>
    /// <exception cref="DigestFormatException">One of them is malformed.</exception>
    /// <exception cref="Resources.ResourceNameException">The instance name cannot be one.</exception>
    internal Digest[] Read()
    {
        // What the digests are named by may come behind them.
        var (instance, number, count) = ("", 0, 0);
        var fields = Fields;
        while (fields.MoveNext())
        {
            switch (fields.Number, fields.Type)
            {
                case (InstanceNameField, WireType.Bytes):
                    instance = Encoding.UTF8.GetString(fields.Bytes);
                    break;
                case (DigestsField, WireType.Bytes):
                    count++;
                    break;
                case (FunctionField, WireType.Number):
                    number = (int)fields.Value;
                    break;
                default:
                    break;
            }
        }

        var function = RequestChecks.Check(instance, (Build.Bazel.Remote.Execution.V2.DigestFunction.Types.Value)number);
        var digests = new Digest[count];
        var next = 0;
        fields = Fields;
        while (fields.MoveNext())
        {
            if (fields.Number == DigestsField && fields.Type == WireType.Bytes)
            {
                digests[next++] = ReadDigest(fields.Bytes, function);
            }
        }

        return digests;
    }

    /// <summary>Gives the bytes back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static Digest ReadDigest(ReadOnlySpan<byte> message, DigestFunction? function)
    {
        var hash = ReadOnlySpan<byte>.Empty;
        long size = 0;
        var fields = new WireReader(message);
        while (fields.MoveNext())
        {
            switch (fields.Number, fields.Type)
            {
                case (HashField, WireType.Bytes):
                    hash = fields.Bytes;
                    break;
                case (SizeField, WireType.Number):
                    size = (long)fields.Value;
                    break;
                default:
                    break;
            }
        }

        return Digest.TryParse(hash, size, function, out var digest, out var problem)
            ? digest
            : throw new DigestFormatException($"blob_digests: {problem}");
    }
}
