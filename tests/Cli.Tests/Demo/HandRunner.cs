using System.Diagnostics;
using BuildFarm.Cli.Inputs;
using BuildFarm.Cli.JobFiles;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Xunit;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Cli.Tests.Demo;

/// <summary>
/// Runs the templates of a job one after the other without a farm: each in a fresh folder with exactly its declared inputs, as nobody when the
/// test is root, with an empty home.
/// </summary>
internal sealed class HandRunner(CompiledJob job, string folder)
{
    private readonly Dictionary<Digest, InputTree> _trees = job.Trees.DistinctBy(tree => tree.Tree.Root).ToDictionary(tree => tree.Tree.Root);
    private readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal);

    /// <summary>The folder in which a task ran.</summary>
    public string FolderOf(string task) => _folders[task];

    /// <summary>Runs a task; those that it needs have run.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(TaskTemplate task, CancellationToken cancellationToken)
    {
        var root = _folders[task.Name] = Path.Combine(folder, $"t{_folders.Count}");
        var home = Path.Combine(folder, $"h{_folders.Count}");
        Directory.CreateDirectory(root);
        Directory.CreateDirectory(home);
        LayOut(task.InputRootDigest.ToDigest(task.Name), root);
        foreach (var need in task.Needs)
        {
            foreach (var output in job.Spec.Tasks.Single(other => other.Name == need).OutputPaths)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, output))!);
                File.Copy(Path.Combine(_folders[need], output), Path.Combine(root, output));
            }
        }

        foreach (var output in task.OutputPaths)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, output))!);
        }

        var program = task.Arguments[0].Contains('/', StringComparison.Ordinal) ? Path.Combine(root, task.Arguments[0]) : task.Arguments[0];
        string[] command = [program, .. task.Arguments.Skip(1)];
        if (Environment.IsPrivilegedProcess)
        {
            Assert.Equal(0, (await RunAsync(["chown", "-R", "65534:65534", root, home], folder, [], cancellationToken)).ExitCode);
            command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", .. command];
        }

        return await RunAsync(command, root, [.. task.Environment, new("HOME", home), new("TMPDIR", home)], cancellationToken);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(
        string[] command, string directory, IEnumerable<KeyValuePair<string, string>> environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment.DefaultIfEmpty(new("PATH", "/usr/bin:/bin")))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} does not start");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output + await errors);
    }

    private void LayOut(Digest root, string path)
    {
        if (root != Digest.Empty)
        {
            var tree = _trees[root];
            LayOut(tree, tree.Tree.Directories[root].Message, path);
        }
    }

    private static void LayOut(InputTree tree, Reapi.Directory directory, string path)
    {
        Directory.CreateDirectory(path);
        foreach (var file in directory.Files)
        {
            var digest = file.Digest.ToDigest(file.Name);
            if (tree.Contents.TryGetValue(digest, out var content))
            {
                File.WriteAllBytes(Path.Combine(path, file.Name), content.Span);
            }
            else
            {
                File.Copy(tree.Files[digest], Path.Combine(path, file.Name));
            }
        }

        foreach (var child in directory.Directories)
        {
            LayOut(tree, tree.Tree.Directories[child.Digest.ToDigest(child.Name)].Message, Path.Combine(path, child.Name));
        }
    }
}
