using BuildFarm.Rpc.Tests.Server.Support;
using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>One call of each shape, with what each must bring.</summary>
internal static class CallShapes
{
    public static async Task ExchangeAsync(TestService.TestServiceClient client)
    {
        var unary = await client.UnaryCallAsync(new SimpleRequest { ResponseSize = 314159 });
        Assert.Equal(314159, unary.Payload.Body.Length);

        using var output = client.StreamingOutputCall(new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = 5 }, new ResponseParameters { Size = 7 } } });
        Assert.Equal([5, 7], await output.ResponseStream.ReadAllAsync().Select(response => response.Payload.Body.Length).ToListAsync());

        using var input = client.StreamingInputCall();
        await input.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = TestServers.Zeros(3) });
        await input.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = TestServers.Zeros(4) });
        await input.RequestStream.CompleteAsync();
        Assert.Equal(7, (await input).AggregatedPayloadSize);

        using var duplex = client.FullDuplexCall();
        for (var size = 1; size < 4; size++)
        {
            await duplex.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = size } } });
            Assert.True(await duplex.ResponseStream.MoveNext());
            Assert.Equal(size, duplex.ResponseStream.Current.Payload.Body.Length);
        }

        await duplex.RequestStream.CompleteAsync();
        Assert.False(await duplex.ResponseStream.MoveNext());
    }
}
