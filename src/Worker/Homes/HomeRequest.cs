using BuildFarm.Digests;
using BuildFarm.Hosting;
using BuildFarm.Worker.Execution;

namespace BuildFarm.Worker.Homes;

/// <summary>The home that an Action asks for.</summary>
/// <param name="Template">The tree that it begins as; null for none.</param>
/// <param name="Kept">The name under which it is kept; empty when it is not.</param>
/// <param name="Renew">What was kept is removed first.</param>
internal sealed record HomeRequest(Digest? Template, string Kept, bool Renew)
{
    /// <exception cref="InvalidActionException">It asks for what cannot be.</exception>
    public static HomeRequest Of(FetchedAction action)
    {
        var (template, kept) = (action.Property(HomeProperties.Template), action.Property(HomeProperties.Kept));
        if (template.Length > 0 && kept.Length > 0)
            throw new InvalidActionException("a home is kept, or begins as a template, not both");
        if (template.Length == 0)
            return new HomeRequest(null, kept, action.Property(HomeProperties.Renew) == "true");
        return Digest.TryParse(template, out var digest)
            ? new HomeRequest(digest, "", Renew: false)
            : throw new InvalidActionException($"{HomeProperties.Template} is no digest: {template}");
    }
}
