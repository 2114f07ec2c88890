using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace BuildFarm.TestKit;

/// <summary>
/// For services that are started again where they were before. Below the range from which clients get their own ports: one
/// that tries to reach a service that is away could get the service's port, and even connect to itself.
/// </summary>
public static class FreePort
{
    private const int First = 20_000;
    private const int Last = 32_000;

    /// <summary>A port that nobody listened on a moment ago.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(First, Last);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; another one is not.
            }
        }
    }
}
