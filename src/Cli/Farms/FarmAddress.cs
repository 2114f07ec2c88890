namespace BuildFarm.Cli.Farms;

/// <summary>Where this process reaches its own farm: the socket, or the port once it is known.</summary>
internal sealed class FarmAddress(Uri? socket)
{
    private Uri? _uri = socket;

    public Uri Uri => Volatile.Read(ref _uri) ?? throw new InvalidOperationException("the farm does not listen yet");

    /// <summary>Listening has begun; the first URL is gRPC's.</summary>
    public void Known(ICollection<string> urls)
    {
        if (_uri is null)
        {
            Volatile.Write(ref _uri, new Uri(urls.First()));
        }
    }
}
