using BuildFarm.Conformance.Reapi.Support;
using Google.Bytestream;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Caches;

public sealed class Rule13WriteStatusTests(ServerUnderTest server) : RuleTests(server)
{
    [Fact]
    public async Task QueryWriteStatus_CompleteBlob_HasItsSize()
    {
        var digest = await StoreAsync(Fresh(1000));

        var status = await QueryAsync(UploadName(digest));

        Assert.True(status.Complete);
        Assert.Equal(1000, status.CommittedSize);
    }

    [Fact]
    public async Task QueryWriteStatus_UnknownUpload_IsZeroOrNotFound()
    {
        var status = await QueryAsync(UploadName(DigestOf(Fresh(1000))));

        Assert.False(status.Complete);
        Assert.Equal(0, status.CommittedSize);
    }

    [Fact]
    public async Task Write_AfterAnInterruption_GoesOnAtTheCommittedSize()
    {
        var content = Fresh(500_000);
        var name = UploadName(DigestOf(content));
        var call = Streams.Write(deadline: Deadline());
        await call.RequestStream.WriteAsync(new WriteRequest { ResourceName = name, Data = ByteString.CopyFrom(content, 0, 200_000) }, Token);
        call.Dispose();

        // How much of it arrived is the server's to say; zero is an answer too.
        var committed = (int)(await QueryAsync(name)).CommittedSize;
        Assert.InRange(committed, 0, 200_000);
        var response = await WriteAsync(name, content[committed..], offset: committed);

        Assert.Equal(content.Length, response.CommittedSize);
        Assert.Equal(content, await ReadAsync(BlobName(DigestOf(content))));
    }

    [Fact]
    public async Task Write_OffsetBeyondWhatWasSent_IsRefused()
    {
        var content = Fresh(1000);

        await RefusedAsync(
            () => WriteAsync(UploadName(DigestOf(content)), content[500..], offset: 500), StatusCode.InvalidArgument, StatusCode.OutOfRange, StatusCode.FailedPrecondition);
    }

    private async Task<QueryWriteStatusResponse> QueryAsync(string name) =>
        await Streams.QueryWriteStatusAsync(new QueryWriteStatusRequest { ResourceName = name }, deadline: Deadline());
}
