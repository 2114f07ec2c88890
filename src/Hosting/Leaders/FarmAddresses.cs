namespace BuildFarm.Hosting.Leaders;

/// <summary>
/// Addresses of a farm's coordinators as people write them: one, or several with commas between them, in any order. Whichever
/// leads is found by asking.
/// </summary>
public static class FarmAddresses
{
    /// <summary>The addresses in a list.</summary>
    /// <param name="list"><c>http://host:port</c>, <c>https://…</c> or <c>unix:///path</c>, with commas between them.</param>
    /// <param name="wrong">The first part that is no address, when there is one.</param>
    /// <returns>Null when a part is no address, or there is none.</returns>
    public static IReadOnlyList<Uri>? Parse(string list, out string wrong)
    {
        ArgumentNullException.ThrowIfNull(list);
        var addresses = new List<Uri>();
        foreach (var part in list.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Find(part) is not { } address)
            {
                wrong = part;
                return null;
            }

            if (!addresses.Contains(address))
            {
                addresses.Add(address);
            }
        }

        wrong = "";
        return addresses;
    }

    /// <summary>One address; null when the text is none.</summary>
    public static Uri? Find(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" or "unix" ? address : null;
}
