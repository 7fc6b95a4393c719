using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>The command line itself.</summary>
public sealed partial class UsageTests
{
    [Theory]
    [InlineData("", "Name a process by its id, its name or its socket; 'stackflare ps' lists them.")]
    [InlineData("4242 ps", "'4242' cannot be combined with 'ps'.")]
    [InlineData("4242 --raw a -o b", "--raw saves the snapshot itself")]
    [InlineData("4242 --symbols /nowhere", "there is no directory '/nowhere'")]
    [InlineData("1 2 3", "Unrecognized command or argument '2'")]
    [InlineData("--bogus", "'--bogus' is not an option.")]
    [InlineData("1 --bogus", "'--bogus' is not an option.")]
    [InlineData("1 --formt json", "'--formt' is not an option. Did you mean '--format'?")]
    [InlineData("1 --timeuot=3", "'--timeuot=3' is not an option. Did you mean '--timeout'?")]
    [InlineData("-p 4242", "'-p' is not an option. Name the process without an option, as in 'stackflare 4242'.")]
    [InlineData("--pid 4242", "'--pid' is not an option. Name the process without an option, as in 'stackflare 4242'.")]
    [InlineData("1 --raw a --redact", "--raw saves the snapshot with all names. Redact it when you show it: stackflare show FILE --redact.")]
    [InlineData("1 --redact-key /nowhere", "--redact-key: Could not find file '/nowhere'.")]
    [InlineData("1 --redact-key /dev/null", "--redact-key: '/dev/null' has 0 bytes. A key needs at least 16.")]
    [InlineData("1 --raw -", "--raw saves to a file; '-' is not the name of one.")]
    [InlineData("show a.snap --async", "'--async' is not an option of 'show'. It is an option for taking a dump.")]
    [InlineData("show a.snap --al", "'--al' is not an option of 'show'. Did you mean '--all'?")]
    [InlineData("ps -p", "'-p' is not an option of 'ps'. Name the process without an option, as in 'stackflare 4242'.")]
    [InlineData("1 -f bogus", "'bogus' is not a format. Use text, traceback, json, folded, speedscope, actuator, tree, svg, html or firefox.")]
    [InlineData("1 -f 1", "'1' is not a format.")]
    [InlineData("1 -f traceback,json", "'traceback,json' is not a format.")]
    [InlineData("1 -n -1", "--count must be a number from 0 to 2147483647.")]
    [InlineData("1 -n many", "--count must be a number from 0 to 2147483647.")]
    [InlineData("1 -n 2147483648", "--count must be a number from 0 to 2147483647.")]
    [InlineData("1 -n 0.5", "--count must be a number from 0 to 2147483647.")]
    [InlineData("1 -n", "Required argument missing for option: '-n'")]
    [InlineData("1 -i -1", "--interval must be a number from 0 to 3600000.")]
    [InlineData("1 -i 3600001", "--interval must be a number from 0 to 3600000.")]
    [InlineData("1 --timeout 0", "--timeout must be a number from 0.01 to 600.")]
    [InlineData("1 --timeout 601", "--timeout must be a number from 0.01 to 600.")]
    [InlineData("1 --timeout soon", "--timeout must be a number from 0.01 to 600.")]
    [InlineData("1 --timeout NaN", "--timeout must be a number from 0.01 to 600.")]
    [InlineData("show", "Required argument missing")]
    [InlineData("core", "Required argument missing")]
    [InlineData("core a.core --raw file", "'--raw' is not an option of 'core'. It is an option for taking a dump.")]
    [InlineData("core a.core --async --no-async", "--async and --no-async cannot be combined.")]
    [InlineData("show a.snapshot --async", "'--async' is not an option of 'show'. It is an option for taking a dump.")]
    [InlineData("core a.core --formt json", "'--formt' is not an option of 'core'. Did you mean '--format'?")]
    [InlineData("completion tcsh", "Must be one of: 'bash' 'zsh' 'fish'")]
    [InlineData("top 1 --onec", "'--onec' is not an option of 'top'. Did you mean '--once'?")]
    [InlineData("ps 4242", "Unrecognized command or argument '4242'")]
    public async Task WhatCannotBeUnderstood(string line, string reason)
    {
        var result = await Tool.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        result.AssertError(2, reason, "See 'stackflare --help'.");
        Assert.Empty(result.RawOutput);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task HelpHasExamplesAndEveryOption(string option)
    {
        var help = (await Tool.RunAsync(option)).Output;
        Assert.Contains("Examples:\n", help, StringComparison.Ordinal);
        string[] examples = [.. help[help.IndexOf("Examples:", StringComparison.Ordinal)..help.IndexOf("Usage:", StringComparison.Ordinal)]
            .Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("stackflare ", StringComparison.Ordinal))];
        Assert.InRange(examples.Length, 5, 20);
        foreach (var name in new[] { "--count", "--interval", "--raw", "--timeout", "--external", "--format", "--output", "--threads", "--all", "--no-group", "--no-source", "--redact", "--redact-key", "--symbols", "ps", "show", "core", "record", "top", "tree", "run", "signal", "completion" })
            Assert.Matches($@"(?m)^  (-\w, )?{name}\b", help);

        // The options of the examples are options of their commands.
        foreach (string example in examples)
        {
            string name = example.Split(' ')[1], own = Regex.IsMatch(help, $@"(?m)^  {name}\s") ? (await Tool.RunAsync(name, "--help")).Output : help;
            Assert.All(Options().Matches(example.Split(" -- ")[0]).Select(m => m.Value), used => Assert.Matches($@"(?m)^  (-\w, )?{used}\b", own));
        }
    }

    [Theory]
    [InlineData("ps", "List the .NET processes that can be dumped.")]
    [InlineData("show", "stackflare PROCESS --raw FILE")]
    [InlineData("record", "--duration <S>")]
    [InlineData("run", "--on-exit-timeout <TIME>")]
    [InlineData("tree", "--below")]
    [InlineData("signal", "-s, --signal <SIGNAL>")]
    [InlineData("top", "--once")]
    [InlineData("core", "createdump, gcore or the kernel")]
    [InlineData("completion", "bash")]
    public async Task EachCommandHasHelp(string command, string part)
    {
        string help = (await Tool.RunAsync(command, "--help")).Output;
        Assert.Contains(part, help, StringComparison.Ordinal);
        // The argument of the command above it is none of its own.
        Assert.Matches($@"(?m)^  stackflare {command}\b", help);
        Assert.DoesNotContain("pid|name|socket", help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VersionIsThatOfTheLibrary()
    {
        var version = typeof(Flare).Assembly.GetName().Version!;
        Assert.Matches($@"^{version.Major}\.{version.Minor}\.{version.Build}(\+[0-9a-f]+)?\n$", (await Tool.RunAsync("--version")).Output);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _stackflare stackflare")]
    [InlineData("zsh", "compdef _stackflare stackflare")]
    [InlineData("fish", "complete -c stackflare")]
    public async Task CompletionsArePrinted(string shell, string part) =>
        Assert.Contains(part, (await Tool.RunAsync("completion", shell)).Output, StringComparison.Ordinal);

    [Fact]
    public async Task BashCompletesCommandsAndOptions()
    {
        Assert.Equal("--format", await CompleteAsync("stackflare --form"));
        Assert.Equal("completion", await CompleteAsync("stackflare comp"));
        Assert.Equal("folded", await CompleteAsync("stackflare 1 --format fol"));
        Assert.Equal("--symbols", await CompleteAsync("stackflare show --sy"));
        Assert.Equal("--symbols", await CompleteAsync("stackflare core --sy"));
        Assert.Equal("--help\n-?\n-h\nbash\nfish\nzsh", await CompleteAsync("stackflare completion "));
    }

    /// <summary>The script is run by the shell itself.</summary>
    private static async Task<string> CompleteAsync(string line)
    {
        const string script = """
            PATH="$(dirname "$0"):$PATH"
            source <("$0" completion bash)
            COMP_LINE="$1" COMP_POINT=${#1}
            read -ra COMP_WORDS <<< "$1"
            [[ $1 == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _stackflare
            printf '%s\n' "${COMPREPLY[@]}" | sort
            """;
        return (await Tool.RunAsync(new ToolOptions { Launcher = ["/bin/bash", "-c", script] }, line)).Output.TrimEnd('\n');
    }

    [GeneratedRegex(@"(?<= )--?[a-z]+")]
    private static partial Regex Options();
}
