using System.CommandLine;
using Stackflare.Analysis;
using Stackflare.Cli.Terminal;
using Stackflare.Views;
using Stackflare.Writers;
using Stackflare.Writers.Text;

namespace Stackflare.Cli.Commands;

/// <summary>The options that several commands have, declared once.</summary>
internal sealed class SharedOptions
{
    /// <summary>The name that stands for standard output.</summary>
    public const string StandardOutput = "-";

    public Option<DumpFormat> Format { get; } = new("--format", "-f")
    {
        Description = "The format of the dump; text by default.",
        HelpName = string.Join('|', DumpFormats.Names),
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (DumpFormats.TryParse(text, out DumpFormat format))
                return format;
            result.AddError($"'{text}' is not a format. Use {DumpFormats.Choice}.");
            return default;
        },
    };

    public Option<string?> Output { get; } = new("--output", "-o")
    {
        Description = "Write to a file, completely or not at all, instead of to standard output (-).",
        HelpName = "FILE",
    };

    public Option<string[]> Threads { get; } = new("--threads")
    {
        Description = "Only these threads: managed ids, the kernel's ids, or parts of names. More than one with commas or by repeating.",
        HelpName = "NAME|ID",
        DefaultValueFactory = _ => [],
    };

    public Option<bool> All { get; } = new("--all") { Description = "Show everything: the runtime's own threads and hidden frames as well." };

    public Option<bool> NoGroup { get; } = new("--no-group") { Description = "Show every thread separately, and recursion in full." };

    public Option<bool> NoSource { get; } = new("--no-source") { Description = "Leave out the text of the source lines." };

    public Option<string[]> Symbols { get; } = new("--symbols")
    {
        Description = "An additional directory with PDBs and assemblies, searched at any depth. They are matched by id.",
        HelpName = "DIR",
        DefaultValueFactory = _ => [],
    };

    public Option<bool> FailOnDeadlock { get; } = new("--fail-on-deadlock")
    {
        Description = $"End with exit code {ExitCodes.Deadlock} if a dump has a deadlock. The dumps are written anyway.",
    };

    public Option<bool> Redact { get; } = new("--redact") { Description = "Replace names of the program, paths and messages, and leave out source text, to give the dump to others." };

    public Option<Redaction?> RedactKey { get; } = new("--redact-key")
    {
        Description = "The same, with a secret key from a file: then a name has the same replacement each time.",
        HelpName = "FILE",
        CustomParser = static result => Key.Read(result.Tokens[0].Value, result.AddError),
    };

    public SharedOptions() =>
        // Otherwise, a mistyped name would have the same effect as missing PDBs.
        Symbols.Validators.Add(static r =>
        {
            foreach (string directory in r.Tokens.Select(static t => t.Value).Where(static d => !Directory.Exists(d)))
                r.AddError($"--symbols: there is no directory '{directory}'.");
        });

    public void AddTo(Command command)
    {
        // Otherwise, completion would offer the names of the C# members.
        Format.CompletionSources.Clear();
        Format.CompletionSources.Add([.. DumpFormats.Names]);
        foreach (Option option in (Option[])[Format, Output, Threads, All, NoGroup, NoSource, Redact, RedactKey, Symbols, FailOnDeadlock])
            command.Options.Add(option);
    }

    /// <summary>Whether an option says how or where dumps are written.</summary>
    public bool IsSaidHow(ParseResult result) =>
        result.GetResult(Format) is { Implicit: false } || result.GetResult(Output) is { Implicit: false };

    /// <summary>How names are replaced; null if they are not. Without a key, it is another one for each call.</summary>
    public Redaction? RedactionFor(ParseResult result) => result.GetValue(RedactKey) ?? (result.GetValue(Redact) ? new Redaction() : null);

    /// <summary>The exit code of a command that succeeded.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="hasDeadlock">Whether a dump has a deadlock.</param>
    public int Success(ParseResult result, bool hasDeadlock) =>
        hasDeadlock && result.GetValue(FailOnDeadlock) ? ExitCodes.Deadlock : ExitCodes.Success;

    /// <summary>Writes dumps as the options specify.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="dumps">Dumps, taken one by one during the enumeration.</param>
    /// <param name="interval">The time between dumps; null if there is none.</param>
    /// <returns>Whether one of them has a deadlock.</returns>
    /// <exception cref="StackflareException">A dump could not be taken or written.</exception>
    public bool Write(ParseResult result, IEnumerable<ThreadDump> dumps, TimeSpan? interval)
    {
        DumpFormat format = result.GetValue(Format);
        string[] threads =
            [.. (result.GetValue(Threads) ?? []).SelectMany(t => t.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        var rendering = new RenderOptions
        {
            ShowHidden = result.GetValue(All),
            GroupIdenticalStacks = !result.GetValue(NoGroup),
            FoldRecursion = !result.GetValue(NoGroup),
            Redaction = RedactionFor(result),
        };
        string? file = result.GetValue(Output) is { } name and not StandardOutput ? name : null;
        var style = new TextStyle { Theme = file is null ? TerminalCapabilities.Theme : null, Width = file is null ? TerminalCapabilities.Width : null, ShowsAll = All.Name };
        bool hasDeadlock = false;
        using var formatter = new DumpFormatter(format, rendering, style, interval);
        ResultOutput.Write(file, Pieces());
        return hasDeadlock;

        IEnumerable<ReadOnlyMemory<byte>> Pieces()
        {
            var comparison = new DumpComparison();
            foreach (ThreadDump dump in dumps)
            {
                hasDeadlock |= dump.Deadlocks.Count > 0;
                yield return formatter.Add(ToolNotes.Reword(ThreadFilter.Apply(comparison.Add(dump), threads).For(rendering), "--async"));
            }
            yield return formatter.End();
        }
    }
}
