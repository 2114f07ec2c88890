using System.Globalization;
using System.Text;

namespace BuildFarm.TestKit.Bazel;

/// <summary>
/// A workspace of many small actions: generated files in chains of ten, each made from the one before; C++ files in libraries of ten that use generated headers; and one
/// binary of all. Its salt is in every one of them.
/// </summary>
public static class LargeWorkspace
{
    private const int PerGroup = 10;

    /// <summary>All targets. Not <c>//...</c>, which would look into the links that a build with another output base left in the folder.</summary>
    public const string Everything = "//:all";

    /// <summary>Writes it.</summary>
    /// <param name="folder">Where WORKSPACE is to be.</param>
    /// <param name="generated">How many generated files.</param>
    /// <param name="sources">How many C++ files.</param>
    /// <param name="salt">Content that no cache has seen.</param>
    public static void Write(string folder, int generated, int sources, string salt)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "WORKSPACE"), "workspace(name = \"large\")\n");
        File.WriteAllText(Path.Combine(folder, "salt.txt"), salt + "\n");
        var build = new StringBuilder();
        for (var i = 0; i < generated; i++)
        {
            var from = i % PerGroup == 0 ? "salt.txt" : $"g{i - 1}.h";
            build.Append(CultureInfo.InvariantCulture, $"genrule(name = \"g{i}\", srcs = [\"{from}\"], outs = [\"g{i}.h\"], cmd = \"echo '#define G{i}' \\\"\\\\\\\"$$(sha256sum < $< | cut -c1-16)\\\\\\\"\\\" > $@\")\n");
        }

        for (var library = 0; library * PerGroup < sources; library++)
        {
            var files = Enumerable.Range(library * PerGroup, Math.Min(PerGroup, sources - (library * PerGroup))).ToList();
            foreach (var i in files)
            {
                File.WriteAllText(Path.Combine(folder, $"f{i}.cc"), Source(i, i % generated));
            }

            var names = string.Join(", ", files.Select(static i => $"\"f{i}.cc\"").Concat(files.Select(i => $"\"g{i % generated}.h\"")));
            build.Append(CultureInfo.InvariantCulture, $"cc_library(name = \"l{library}\", srcs = [{names}], linkstatic = 1)\n");
        }

        var libraries = string.Join(", ", Enumerable.Range(0, (sources + PerGroup - 1) / PerGroup).Select(static i => $"\":l{i}\""));
        File.WriteAllText(Path.Combine(folder, "main.cc"), $"const char* f0();\nint main() {{ return f0()[0] == 0; }}\n");
        build.Append(CultureInfo.InvariantCulture, $"cc_binary(name = \"main\", srcs = [\"main.cc\"], deps = [{libraries}], linkstatic = 1)\n");
        File.WriteAllText(Path.Combine(folder, "BUILD"), build.ToString());
    }

    /// <summary>Every output below bazel-bin by its name, with the hash of its bytes; not the lists of what Bazel itself will link or run.</summary>
    public static IReadOnlyDictionary<string, string> HashOutputs(string bin) => Directory
        .EnumerateFiles(bin, "*", new EnumerationOptions { RecurseSubdirectories = true })
        .Where(static file => Path.GetExtension(file) is ".h" or ".o" or ".a" || Path.GetFileName(file) == "main")
        .ToDictionary(file => Path.GetRelativePath(bin, file), static file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))), StringComparer.Ordinal);

    private static string Source(int number, int header) =>
        $$"""
        #include <string>
        #include <vector>
        #include "g{{header}}.h"
        const char* f{{number}}() {
          static std::string text;
          std::vector<std::string> words;
          for (int i = 0; i < {{number + 3}}; i++) words.push_back(G{{header}} + std::to_string(i));
          for (const auto& word : words) text += word;
          return text.c_str();
        }

        """;
}
