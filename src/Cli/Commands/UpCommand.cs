using System.CommandLine;
using System.Net;
using BuildFarm.Cli.Farms;
using BuildFarm.Hosting.Local;
using BuildFarm.Worker.Containers.Docker;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm up</c>: a whole farm in this process, until it is told to stop.</summary>
internal static class UpCommand
{
    private static readonly Option<string?> Data = new("--data") { Description = "Where it keeps everything; default: your data folder.", HelpName = "DIR" };
    private static readonly Option<string?> Port = new("--port") { Description = "Port of gRPC; default 8980, 0 for any free one.", HelpName = "N" };
    private static readonly Option<string?> HttpPort = new("--http-port") { Description = "Port of HTTP: cache, pages and health; default 8981, 0 for any free one.", HelpName = "N" };
    private static readonly Option<string?> Listen = new("--listen") { Description = "Address to listen on; default 127.0.0.1. Whoever can reach it can run tasks.", HelpName = "ADDRESS" };
    private static readonly Option<string?> Workers = new("--workers") { Description = "CPUs that the local worker offers; default all, 0 for no local worker.", HelpName = "N" };
    private static readonly Option<string?> Isolation = new("--isolation") { Description = "How tasks are kept apart: oci (default; crun or runc), docker, or none.", HelpName = "KIND" };
    private static readonly Option<string?> Root = new("--root") { Description = "What tasks see as /: host (default), /DIR, oci:/DIR[:NAME] or docker:/FILE[:NAME].", HelpName = "ROOT" };
    private static readonly Option<string?> Image = new("--image") { Description = "With --isolation docker: the image that tasks run in.", HelpName = "NAME" };
    private static readonly Option<string?> DockerSocket = new("--docker-socket") { Description = "With --isolation docker: socket of the daemon; default /run/docker.sock.", HelpName = "PATH" };
    private static readonly Option<bool> AcceptResults = new("--accept-results") { Description = "Clients may store action results and keys in the cache, as Bazel with --remote_cache and ccache do." };
    private static readonly Option<string?> Secrets = new("--secrets") { Description = "Folder with a file for each secret that jobs may name; nobody else may read them.", HelpName = "DIR" };
    private static readonly Option<bool> AllowNetwork = new("--allow-network") { Description = "Tasks may ask for a network." };

    private static readonly Option<bool> AllowNestedUserNamespaces = new("--allow-nested-userns") { Description = "Tasks may ask for user namespaces of their own." };

    public static Command Create(CommandContext context)
    {
        var command = new Command("up", "Run a farm on this machine until it is told to stop.") { Data, Port, HttpPort, Listen, Workers, Isolation, Image, DockerSocket, Root, Secrets, AllowNetwork, AllowNestedUserNamespaces, AcceptResults };
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        var workers = parsed.GetValue(Workers);
        var options = new LocalFarmOptions
        {
            DataFolder = CommonOptions.DataFolder(parsed.GetValue(Data)) ?? DataDirectory.DefaultPath(),
            ListenAddress = AddressOf(parsed.GetValue(Listen)),
            Port = CommonOptions.Number("--port", parsed.GetValue(Port), 8980, 0, 65535),
            HttpPort = CommonOptions.Number("--http-port", parsed.GetValue(HttpPort), 8981, 0, 65535),
            Workers = workers is null ? null : CommonOptions.Number("--workers", workers, 0, 0, 4096),
            Isolation = IsolationOf(parsed.GetValue(Isolation)),
            Docker = DockerOf(parsed),
            Root = RootOf(parsed.GetValue(Root), parsed.GetValue(Isolation)),
            Secrets = SecretsOf(parsed.GetValue(Secrets), parsed.GetValue(Isolation)),
            AllowNetwork = parsed.GetValue(AllowNetwork),
            AllowNestedUserNamespaces = parsed.GetValue(AllowNestedUserNamespaces),
            AcceptResults = parsed.GetValue(AcceptResults),
        };
        await using var farm = await LocalFarm.StartAsync(options, cancellationToken);
        await context.Terminal.OutText.WriteLineAsync(
            $"ready  grpc {farm.GrpcUrl}  web {farm.WebUrl}  data {options.DataFolder}  {(options.Workers == 0 ? "no local worker" : $"isolation {options.Isolation}")}");
        return await farm.RunAsync();
    }

    private static string IsolationOf(string? text) => text switch
    {
        null or "oci" => "oci",
        "none" => "none",
        "docker" => "docker",
        _ => throw FarmException.Usage($"--isolation is '{text}'; it can be oci, docker or none."),
    };

    private static DockerOptions DockerOf(ParseResult parsed)
    {
        var options = new DockerOptions { Image = parsed.GetValue(Image) ?? "" };
        options.Socket = parsed.GetValue(DockerSocket) ?? options.Socket;
        return parsed.GetValue(Isolation) == "docker" && options.Image.Length == 0
            ? throw FarmException.Usage("--isolation docker needs the image that tasks run in: --image NAME, which the Docker daemon has.")
            : options;
    }

    private static string RootOf(string? text, string? isolation) => text switch
    {
        null or "host" => "host",
        _ when isolation == "none" => throw FarmException.Usage("--root is for containers; with --isolation none tasks see the host's own."),
        _ when isolation == "docker" => throw FarmException.Usage("--root is for --isolation oci; with docker tasks see the image that --image names."),
        _ when new Worker.WorkerOptions { Root = text }.ImageName.Length > 0 => text,
        _ => throw FarmException.Usage($"--root is '{text}'; it can be host, /DIR, oci:/DIR[:NAME] or docker:/FILE[:NAME], with absolute paths."),
    };

    private static string SecretsOf(string? path, string? isolation) => path switch
    {
        null => "",
        _ when isolation == "none" => throw FarmException.Usage("--secrets is for containers; with --isolation none there is no place that is a task's alone."),
        _ when !Directory.Exists(path) => throw FarmException.Usage($"--secrets is '{path}', which is no folder; name one that has a file for each secret."),
        _ => Path.GetFullPath(path),
    };

    private static string AddressOf(string? text) =>
        text is null or "localhost" ? "127.0.0.1"
        : IPAddress.TryParse(text, out var address) ? (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString())
        : throw FarmException.Usage($"--listen is '{text}'; it must be an IP address of this machine, such as 127.0.0.1 or 0.0.0.0.");
}
