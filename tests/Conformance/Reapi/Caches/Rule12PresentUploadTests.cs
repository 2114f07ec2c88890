using BuildFarm.Conformance.Reapi.Support;
using Google.Bytestream;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Caches;

public sealed class Rule12PresentUploadTests(ServerUnderTest server) : RuleTests(server)
{
    [Fact]
    public async Task Write_BlobIsThere_IsAnsweredBeforeItIsSent()
    {
        var content = Fresh(2_000_000);
        var digest = DigestOf(content);
        await WriteAsync(UploadName(digest), content);
        using var call = Streams.Write(deadline: Deadline());

        try
        {
            // Neither the rest nor the end of the stream follows.
            await call.RequestStream.WriteAsync(new WriteRequest { ResourceName = UploadName(digest), Data = ByteString.CopyFrom(content, 0, 1000) }, Token);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.OK)
        {
            // The answer was here before the write had returned.
        }

        Assert.Equal(content.Length, (await call.ResponseAsync.WaitAsync(Patience, Token)).CommittedSize);
    }
}
