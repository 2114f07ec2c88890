using System.Collections.Concurrent;
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
    private static readonly ConcurrentDictionary<int, byte> Given = new();

    /// <summary>A port that nobody listened on a moment ago, and that nobody else in this process was given.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(First, Last);
            if (!Given.TryAdd(port, 0))
            {
                continue;
            }

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
