using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Stackflare.Interop;

namespace Stackflare.Cli.Running;

/// <summary>
/// The command line and the environment of this process, byte for byte, as it was started with them. A text that is not valid UTF-8 is passed on unchanged.
/// Each element ends with a zero byte.
/// </summary>
internal sealed class OwnCommandLine
{
    private const byte End = 0;
    private const string Blocked = "STACKFLARE_RUN_BLOCKED=";

    private readonly List<byte[]> _arguments = Split(File.ReadAllBytes("/proc/self/cmdline"));

    private readonly List<byte[]> _environment = Split(File.ReadAllBytes("/proc/self/environ"));

    /// <summary>The environment of the programs that this process starts.</summary>
    public IReadOnlyList<byte[]> EnvironmentOfCommand => [.. _environment.Where(static v => !v.AsSpan().StartsWith(Encoding.UTF8.GetBytes(Blocked)))];

    /// <summary>The signals that were blocked when this process was started.</summary>
    public ulong BlockedBefore { get; private set; }

    /// <summary>What follows the first <c>--</c>; empty if there is none.</summary>
    public IReadOnlyList<byte[]> Command => _arguments.FindIndex(static a => a.AsSpan().SequenceEqual("--\0"u8)) is >= 0 and var at ? _arguments[(at + 1)..] : [];

    /// <summary>The path of this program.</summary>
    public static byte[] Program => Bytes(Environment.ProcessPath is { } path && File.Exists(path) ? path : "/proc/self/exe");

    /// <summary>This program with other arguments.</summary>
    /// <param name="command">The command that it was started with.</param>
    /// <param name="arguments">The arguments.</param>
    public IReadOnlyList<byte[]> With(string command, params IEnumerable<string> arguments)
    {
        byte[] name = Bytes(command);
        // Before it there is the name of the program, and with a separate runtime that of the assembly.
        return [.. _arguments.TakeWhile(a => !a.AsSpan().SequenceEqual(name)), .. arguments.Select(Bytes)];
    }

    /// <summary>
    /// Blocks signals in all threads, to wait for them. The runtime's own threads exist already, but those of a program that is started with blocked signals
    /// all have them blocked. So the program is started again, as the same process.
    /// </summary>
    public void BlockSignals(ulong signals)
    {
        if (_environment.Find(static v => v.AsSpan().StartsWith(Encoding.UTF8.GetBytes(Blocked))) is { } before)
        {
            _ = Utf8Parser.TryParse(before.AsSpan(Blocked.Length), out ulong blocked, out _, 'x');
            BlockedBefore = blocked;
            return;
        }
        BlockedBefore = Posix.BlockSignals(signals);
        // If it fails, a signal may end this process, and the command goes on.
        _ = Posix.Execute(Program, _arguments, [.. _environment, Bytes(Blocked + BlockedBefore.ToString("x", CultureInfo.InvariantCulture))]);
    }

    /// <summary>The text as an element.</summary>
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text + '\0');

    private static List<byte[]> Split(ReadOnlySpan<byte> block)
    {
        List<byte[]> elements = [];
        while (block.IndexOf(End) is >= 0 and var at)
        {
            elements.Add(block[..(at + 1)].ToArray());
            block = block[(at + 1)..];
        }
        return elements;
    }
}
