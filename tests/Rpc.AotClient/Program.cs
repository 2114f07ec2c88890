using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

// Makes one call of each shape from native code and prints what came of it; the argument is the server's address.
using var channel = GrpcChannel.ForAddress(args[0]);
var client = new TestService.TestServiceClient(channel);

var unary = await client.UnaryCallAsync(new SimpleRequest { ResponseSize = 100 }, new Metadata { { GrpcChannel.RequestEncodingKey, "gzip" } });
Console.WriteLine($"unary {unary.Payload.Body.Length}");

using (var outputs = client.StreamingOutputCall(new StreamingOutputCallRequest { ResponseParameters = { Sized(10), Sized(20) } }))
{
    await foreach (var response in outputs.ResponseStream.ReadAllAsync())
    {
        Console.WriteLine($"server streaming {response.Payload.Body.Length}");
    }
}

using (var inputs = client.StreamingInputCall())
{
    await inputs.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(30) });
    await inputs.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(40) });
    await inputs.RequestStream.CompleteAsync();
    Console.WriteLine($"client streaming {(await inputs).AggregatedPayloadSize}");
}

using (var duplex = client.FullDuplexCall())
{
    await duplex.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseParameters = { Sized(50) } });
    Console.WriteLine($"duplex {await duplex.ResponseStream.MoveNext(default)} {duplex.ResponseStream.Current.Payload.Body.Length}");
    await duplex.RequestStream.CompleteAsync();
    Console.WriteLine($"duplex {await duplex.ResponseStream.MoveNext(default)}");
}

try
{
    await client.UnaryCallAsync(new SimpleRequest { ResponseStatus = new EchoStatus { Code = 5, Message = "nicht gefunden: ü" } });
}
catch (RpcException e)
{
    Console.WriteLine($"failure {e.StatusCode} {e.Status.Detail}");
}

static ResponseParameters Sized(int size) => new() { Size = size };

static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };
