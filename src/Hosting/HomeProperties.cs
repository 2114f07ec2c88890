namespace BuildFarm.Hosting;

/// <summary>
/// Platform properties of an Action by which a worker knows the home that the task is to have. They are part of the Action, because results
/// depend on it; placement asks only for <see cref="Offered"/>.
/// </summary>
public static class HomeProperties
{
    /// <summary>Digest of the tree that the home begins as: <c>HASH/SIZE</c>.</summary>
    public const string Template = "home-template";

    /// <summary>Name of the home that is kept.</summary>
    public const string Kept = "home-kept";

    /// <summary><c>true</c> when what was kept is removed first.</summary>
    public const string Renew = "home-renew";

    /// <summary>What a worker offers that can do these, with the value <see cref="All"/>.</summary>
    public const string Offered = "homes";

    /// <summary>Of <see cref="Offered"/>.</summary>
    public const string All = "all";
}
