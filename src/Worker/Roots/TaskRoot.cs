namespace BuildFarm.Worker.Roots;

/// <summary>What tasks see beside their inputs.</summary>
/// <param name="ImageName">The platform property <c>container-image</c> that the worker offers.</param>
/// <param name="Image">For people: the image or folder, with its digest where it has one.</param>
/// <param name="Identity">Of the content, part of the cache's key (design decision 7).</param>
internal sealed record TaskRoot(string ImageName, string Image, string Identity);
