using BuildFarm.TestSplitting.PythonDoctest;

namespace BuildFarm.Cli.Demo;

/// <summary>
/// What is known about the examples of the standard library that are not meant to be run as they stand. A docstring that is listed here and
/// passes with another version of Python does no harm; everything that is not listed must pass.
/// </summary>
internal static class StandardLibraryNotes
{
    private const string NoImport = "shows a session in which the module has been imported; doctest does not import it";
    private const string NeedsNetwork = "talks to servers on the network";

    /// <summary>Files that are not run at all, with the reason.</summary>
    public static IReadOnlyDictionary<string, string> Excluded { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["antigravity.py"] = "opens a web browser when it is imported",
        ["turtle.py"] = "imports tkinter, which is a package of its own, and draws on a display",
        ["distutils/command/sdist.py"] = "setuptools takes the place of distutils where it is installed",
        ["distutils/versionpredicate.py"] = "setuptools takes the place of distutils where it is installed",
        ["asyncio/__main__.py"] = "prompts in code, no examples",
        ["code.py"] = "prompts in code, no examples",
        ["datetime.py"] = "prompts in a comment, no examples",
        ["lib2to3/refactor.py"] = "prompts in code, no examples",
        ["pydoc_data/topics.py"] = "prompts in the text of the reference, no examples",
        ["trace.py"] = "prompts in code, no examples",
        ["test/test_getopt.py"] = "prompts in a string that the test runs itself",
        ["test/test_pdb.py"] = "drives a debugger on its own standard input",
        ["test/test_pydoc.py"] = "prompts in text that the test compares",
    };

    /// <summary>Docstrings that run without counting, or do not run.</summary>
    public static IReadOnlyList<KnownDoctest> Known { get; } =
    [
        Fails("_pydecimal.py", "_pydecimal", "shows the messages of another version of the exceptions"),
        Fails("_pydecimal.py", "_pydecimal.Decimal.__round__", "shows results of a context that traps nothing"),
        Fails("asyncio/timeouts.py", "asyncio.timeouts.timeout", "uses async with outside a function"),
        Fails("asyncio/timeouts.py", "asyncio.timeouts.timeout_at", "uses async with outside a function"),
        Fails("ftplib.py", "ftplib", NeedsNetwork),
        Fails("ftplib.py", "ftplib.FTP_TLS", NeedsNetwork),
        Fails("importlib/metadata/__init__.py", "importlib.metadata.Deprecated", "uses a fixture of pytest"),
        Fails("importlib/metadata/__init__.py", "importlib.metadata.DeprecatedList", "uses a fixture of pytest"),
        Fails("importlib/metadata/__init__.py", "importlib.metadata.DeprecatedTuple", "uses a fixture of pytest"),
        Fails("importlib/metadata/__init__.py", "importlib.metadata.FastPath", "needs ELLIPSIS and files in the current folder"),
        Fails("ipaddress.py", "ipaddress._IPAddressBase.reverse_pointer", NoImport),
        Fails("nntplib.py", "nntplib", NeedsNetwork),
        Fails("pdb.py", "pdb", "shows a session at a terminal"),
        Fails("poplib.py", "poplib.POP3.capa", NeedsNetwork),
        Fails("pydoc.py", "pydoc._start_server", "calls a function as it was before it had another argument"),
        Fails("smtplib.py", "smtplib", NeedsNetwork),
        Fails("smtplib.py", "smtplib.SMTP.sendmail", NeedsNetwork),
        Skips("socket.py", "socket.create_server", "waits for a client for ever"),
        Fails("subprocess.py", "subprocess.check_output", "shows the date of a device file"),
        Fails("subprocess.py", "subprocess.getstatusoutput", "shows the message of another shell"),
        Fails("telnetlib.py", "telnetlib", NeedsNetwork),
        Fails("tempfile.py", "tempfile", NoImport),
        Fails("textwrap.py", "textwrap.shorten", NoImport),
        Fails("unittest/mock.py", "unittest.mock.NonCallableMock.configure_mock", "uses a mock that it does not make"),
    ];

    private static KnownDoctest Fails(string file, string docstring, string reason) => new(file, docstring, DoctestTreatment.KnownFailure, reason);

    private static KnownDoctest Skips(string file, string docstring, string reason) => new(file, docstring, DoctestTreatment.Skip, reason);
}
