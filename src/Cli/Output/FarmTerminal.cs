using System.Text;

namespace BuildFarm.Cli.Output;

/// <summary>
/// This process's outputs: results go to standard output, everything said to a person to standard error, as it is with
/// buck2. Opened without .NET's console, whose set-up costs more than most commands.
/// </summary>
public sealed class FarmTerminal
{
    private FarmTerminal(Func<string, string?> variable)
    {
        Variable = variable;
        Out = Console.OpenStandardOutput();
        ErrorStream = Console.OpenStandardError();
        OutText = new StreamWriter(Out, new UTF8Encoding(false)) { AutoFlush = true };
        Error = new StreamWriter(ErrorStream, new UTF8Encoding(false)) { AutoFlush = true };
        ErrorIsTerminal = !Console.IsErrorRedirected;
        OutIsTerminal = !Console.IsOutputRedirected;
        ErrorPalette = Palette.For(ErrorIsTerminal, variable);
        OutPalette = OutIsTerminal ? Palette.For(isTerminal: true, variable) : Palette.None;
    }

    /// <summary>Reads the environment.</summary>
    public Func<string, string?> Variable { get; }

    /// <summary>Bytes of results.</summary>
    public Stream Out { get; }

    /// <summary>Text of results.</summary>
    public TextWriter OutText { get; }

    /// <summary>Bytes of a command's standard error.</summary>
    public Stream ErrorStream { get; }

    /// <summary>What is said to a person.</summary>
    public TextWriter Error { get; }

    /// <summary>Standard output is a terminal.</summary>
    public bool OutIsTerminal { get; }

    /// <summary>Standard error is a terminal.</summary>
    public bool ErrorIsTerminal { get; }

    /// <summary>Colours for standard error.</summary>
    public Palette ErrorPalette { get; }

    /// <summary>Colours for standard output.</summary>
    public Palette OutPalette { get; }

    /// <summary>A person can be asked something.</summary>
    public bool CanAsk => ErrorIsTerminal && !Console.IsInputRedirected;

    /// <summary>The outputs of this process.</summary>
    public static FarmTerminal OfProcess() => new(Environment.GetEnvironmentVariable);

    /// <summary>Columns of the terminal.</summary>
    public static int Width()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }
}
