using BuildFarm.Coordinator.Jobs;
using BuildFarm.Digests.Trees;
using BuildFarm.Hosting;
using BuildFarm.Scheduling;
using BuildFarm.V1;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;
using Platform = Build.Bazel.Remote.Execution.V2.Platform;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>
/// The home that an Action asks for by its platform properties (<see cref="HomeProperties"/>). They are read as the Action has them and never renamed,
/// because the worker reads the Action too.
/// </summary>
internal static class ActionHomes
{
    /// <summary>Null when it asks for none.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it asks for what cannot be.</exception>
    public static HomeSpec? Of(Platform? platform)
    {
        var (template, kept) = (TemplateOf(platform), Find(platform, HomeProperties.Kept));
        if (template is null && kept is null)
        {
            return null;
        }

        if (template is not null && kept is not null)
        {
            throw Invalid($"{HomeProperties.Kept} and {HomeProperties.Template}: a home is kept, or begins as a template, not both");
        }

        if (kept is not null && !ExclusiveNames.IsName(KeptHomes.ExclusiveName(kept)))
        {
            throw Invalid($"{HomeProperties.Kept}: the name has 1 to 59 lower-case letters, digits, '-', '_', '.', '/' or ':'");
        }

        return new HomeSpec { TemplateDigest = template?.ToProto(), Kept = kept ?? "", Renew = kept is not null && Find(platform, HomeProperties.Renew) == "true" };
    }

    /// <summary>The tree that it begins as; null for none.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it is no digest.</exception>
    public static Digest? TemplateOf(Platform? platform) =>
        Find(platform, HomeProperties.Template) is not { } text ? null
        : Digest.TryParse(text, out var digest) ? digest
        : throw Invalid($"{HomeProperties.Template} is no HASH/SIZE");

    /// <summary>It says what the home is, and nothing that a pool offers.</summary>
    public static bool IsOfAHome(string property) => property is HomeProperties.Template or HomeProperties.Kept or HomeProperties.Renew;

    private static string? Find(Platform? platform, string name) => platform?.Properties.FirstOrDefault(property => property.Name == name)?.Value;

    private static RpcException Invalid(string message) => new(new Grpc.Core.Status(StatusCode.InvalidArgument, message));
}
