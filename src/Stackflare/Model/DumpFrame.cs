using System.Globalization;
using Stackflare.Model;

namespace Stackflare;

/// <summary>
/// One frame of a thread's stack, with its names and source location. Immutable; frames at one code address are one object, shared by all
/// stacks of the dump. A method that was compiled more than once has an object for each of its codes.
/// </summary>
public sealed class DumpFrame
{
    /// <summary>What the frame is.</summary>
    public required FrameKind Kind { get; init; }

    /// <summary>The method; for <see cref="FrameKind.Native"/> a name that says so.</summary>
    public required MethodName Method { get; init; }

    /// <summary>The source location; null when <see cref="Symbols"/> is not <see cref="SymbolStatus.Found"/>.</summary>
    public SourceLocation? Source { get; init; }

    /// <summary>Whether there is a source location, and if not, why.</summary>
    public required SymbolStatus Symbols { get; init; }

    /// <summary>The module the method is in; null for native frames and the runtime's stubs.</summary>
    public ModuleIdentity? Module { get; init; }

    /// <summary>The MethodDef token in <see cref="Module"/>; 0 when there is none.</summary>
    public int MetadataToken { get; init; }

    /// <summary>Offset into the method's IL; null where the runtime gave none. Of an async method, that of the <c>await</c> in its state machine's <c>MoveNext</c>.</summary>
    public int? ILOffset { get; init; }

    /// <summary>
    /// Where the thread stood: the next instruction for the innermost frame, the return address for the others. Zero for native frames
    /// and for async methods that wait.
    /// </summary>
    public CodeAddress Address { get; init; }

    /// <summary>
    /// The type arguments of the declaring type and then of the method, as far as the runtime shares no code between them
    /// (<c>System.__Canon</c> stands for any reference type); empty for what is not generic.
    /// </summary>
    public IReadOnlyList<string> TypeArguments { get; init; } = [];

    /// <summary>
    /// True for what a reader need not see: methods marked <c>[StackTraceHidden]</c>, stubs of the runtime, the part of an async
    /// method that only starts its state machine, and Stackflare's own frames. Formats leave them out unless asked for all, and with them the
    /// platform's frames below a wait.
    /// </summary>
    public bool IsHidden { get; init; }

    /// <summary>
    /// The method and its source location as in a stack trace: <c>MyApp.Program.Run(Int32 n) in /src/Program.cs:line 12</c>. One line; names are escaped, and of each what is beyond 4,096
    /// characters is counted.
    /// </summary>
    public override string ToString() => Source is { } source
        ? string.Create(CultureInfo.InvariantCulture, $"{EscapedText.Plain(Method.ToString())} in {EscapedText.Plain(source.Path)}:line {source.Line}")
        : EscapedText.Plain(Method.ToString());

    /// <summary>The hash of the place, once <see cref="SameFrame"/> has worked it out; 0 before.</summary>
    internal int PlaceHash { get; set; }
}
