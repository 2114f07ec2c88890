using System.Security.Cryptography;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>Ids from the system's secure random numbers.</summary>
public sealed class RandomIdSource : IIdSource
{
    /// <inheritdoc />
    public string NextHex(int digits) => RandomNumberGenerator.GetHexString(digits, lowercase: true);
}
