namespace BuildFarm.Coordinator.Jobs;

/// <summary>Makes ids that nobody can guess and that nothing else has.</summary>
public interface IIdSource
{
    /// <summary>Lower-case hexadecimal digits, <paramref name="digits"/> of them (an even number).</summary>
    string NextHex(int digits);
}
