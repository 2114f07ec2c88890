using System.Buffers.Binary;
using System.Text;
using BuildFarm.Digests;
using BuildFarm.Scheduling;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>
/// The locality keys of a task: the whole of its inputs, the part of its declared inputs where most of their bytes lie, and its image.
/// Inputs in another image are other inputs, because the image is what takes longest to come.
/// </summary>
internal static class TaskLocality
{
    private static readonly string[] ImageProperties = ["container-image", "rootfs"];

    /// <param name="template">The task.</param>
    /// <param name="inputs">All that it reads, what its needs made included.</param>
    /// <param name="core">Where most of the declared inputs lies.</param>
    public static LocalityKeys Of(TaskTemplate template, Digest inputs, Digest core)
    {
        var image = ImageKey(template);
        return LocalityKeys.Of(Key(inputs, image), Key(core, image), image);
    }

    private static long ImageKey(TaskTemplate template)
    {
        foreach (var name in ImageProperties)
        {
            if (template.Platform.TryGetValue(name, out var image) && image.Length > 0)
            {
                return Key(Digest.OfBytes(Encoding.UTF8.GetBytes($"{name}={image}")), image: 0);
            }
        }

        return 0;
    }

    /// <summary>The beginning of a hash is as good as any hash; no inputs at all are nothing to share.</summary>
    private static long Key(Digest digest, long image)
    {
        if (digest.IsDefault || digest.IsEmptyBlob)
        {
            return 0;
        }

        Span<byte> hash = stackalloc byte[DigestFunction.LongestHash];
        digest.CopyHashTo(hash);
        var key = BinaryPrimitives.ReadInt64LittleEndian(hash) ^ image;
        return key == 0 ? 1 : key;
    }
}
