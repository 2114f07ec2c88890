using System.Globalization;
using System.Runtime.InteropServices;
using BuildFarm.Hosting.Local;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Rootless;

/// <summary>
/// Brings a program that runs tasks, and is not root, into a user namespace where it is: it begins anew there under the same process id, so
/// that everything else about containers is as it is for root. To be called before anything is held that a new beginning would lose.
/// </summary>
public static partial class RootlessEntry
{
    private const string NamespaceVariable = "BUILDFARM_USER_NAMESPACE";
    private static string? refusal;

    /// <summary>
    /// Does not return where the program begins anew. Returns where that is not needed, and where something is missing: then the
    /// worker says what when it starts.
    /// </summary>
    /// <param name="isolation">As in <see cref="WorkerOptions.Isolation"/>.</param>
    public static void EnterIfNeeded(string isolation)
    {
        CloseInherited();
        var user = RootlessUser.OfThisProcess();
        if (user.Id == 0 || isolation != "oci" || RootlessNeeds.FindMissing(user).Count > 0)
            return;
        var (users, groups) = RootlessNeeds.RangesOf(user)!.Value;
        var tools = RootlessTools.Find(out _)!;
        try
        {
            BeginAnew(tools, user, NamespaceMaker.Make(tools, user, users, groups));
        }
        catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception)
        {
            refusal = e.Message;
        }
    }

    /// <summary>Why this user cannot run tasks in containers, one line.</summary>
    internal static RuntimeUnusableException Refusal()
    {
        var user = RootlessUser.OfThisProcess();
        var missing = RootlessNeeds.FindMissing(user).ToList();
        if (missing.Count == 0)
            missing.Add(refusal ?? "the program has not entered a user namespace");
        return new RuntimeUnusableException(
            $"user {user.Name} cannot run containers here: {string.Join("; ", missing)}. Mend that, run it as root, or ask for --isolation none by name");
    }

    private static void BeginAnew(RootlessTools tools, RootlessUser user, int space)
    {
        string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
        var self = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: true)!.FullName;
        var own = File.ReadAllText("/proc/self/cmdline").Split('\0')[1..^1];
        string[] arguments = ["nsenter", $"--user=/proc/self/fd/{Text(space)}", "--preserve-credentials", "--", tools.Unshare, "--mount", "--", self, .. own];
        var environment = Environment.GetEnvironmentVariables();
        environment[HostUser.Variable] = $"{Text(user.Id)}:{user.Name}";
        environment[NamespaceVariable] = Text(space);
        // Without it the runtime would ask who root is and find another's home.
        environment["HOME"] ??= Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        var block = environment.Cast<System.Collections.DictionaryEntry>().Select(static variable => $"{variable.Key}={variable.Value}").ToList();
        Execute(tools.Enter, arguments, block);
        throw LinuxError.Last($"start {tools.Enter}");
    }

    /// <summary>The descriptor that led here is of no more use.</summary>
    private static void CloseInherited()
    {
        if (int.TryParse(Environment.GetEnvironmentVariable(NamespaceVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor)
            && Path.GetFileName(new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget ?? "").StartsWith("user:", StringComparison.Ordinal))
            _ = Libc.Close(descriptor);
        Environment.SetEnvironmentVariable(NamespaceVariable, null);
    }

    private static unsafe void Execute(string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        var argumentBlock = new NativeStrings(arguments);
        var environmentBlock = new NativeStrings(environment);
        _ = ExecuteNative(program, argumentBlock.Pointer, environmentBlock.Pointer);
        var error = LinuxError.LastNumber;
        argumentBlock.Free();
        environmentBlock.Free();
        Marshal.SetLastPInvokeError(error);
    }

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int ExecuteNative(string program, byte** arguments, byte** environment);
}
