using BuildFarm.Hosting.Local;

namespace BuildFarm.Cli.Farms;

/// <summary>A socket for a farm that nobody else is to find: in a folder of its own that goes with it.</summary>
internal sealed class PrivateSocket : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("buildfarm-");
    private readonly LocalFarmSocketReservation _reservation;

    public PrivateSocket() => _reservation = new LocalFarmSocket(_folder.FullName).Reserve();

    public LocalFarmSocket Socket => _reservation.Socket;

    public void Dispose()
    {
        _reservation.Dispose();
        _folder.Delete(recursive: true);
    }
}
