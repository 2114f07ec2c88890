namespace BuildFarm.Hosting.Local;

/// <summary>The right of this process to listen on the local farm's socket; disposing removes the socket.</summary>
public sealed class LocalFarmSocketReservation : IDisposable
{
    private readonly FileStream _locked;

    internal LocalFarmSocketReservation(LocalFarmSocket socket, FileStream locked) => (Socket, _locked) = (socket, locked);

    /// <summary>The socket that may be bound.</summary>
    public LocalFarmSocket Socket { get; }

    /// <inheritdoc />
    public void Dispose()
    {
        File.Delete(Socket.Path);
        _locked.Dispose();
    }
}
