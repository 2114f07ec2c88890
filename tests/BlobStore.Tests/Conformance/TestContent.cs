namespace BuildFarm.BlobStore.Tests.Conformance;

/// <summary>Bytes that differ with the seed and are the same every time.</summary>
public static class TestContent
{
    public static byte[] Of(int size, int seed)
    {
        var content = new byte[size];
        new Random(seed).NextBytes(content);
        return content;
    }
}
