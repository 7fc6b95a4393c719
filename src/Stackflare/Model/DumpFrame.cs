using System.Globalization;
using Stackflare.Model;

namespace Stackflare;

/// <summary>
/// One frame of a thread's stack, with its names and source location. Immutable. Frames at the same code address are one object, which all
/// stacks of the dump share. A method that was compiled more than once has an object for each compiled version.
/// </summary>
public sealed class DumpFrame
{
    /// <summary>The kind of frame.</summary>
    public required FrameKind Kind { get; init; }

    /// <summary>The method; for <see cref="FrameKind.Native"/>, a placeholder name or the file and the function.</summary>
    public required MethodName Method { get; init; }

    /// <summary>The source location; null unless <see cref="Symbols"/> is <see cref="SymbolStatus.Found"/>.</summary>
    public SourceLocation? Source { get; init; }

    /// <summary>Whether there is a source location; if not, the reason.</summary>
    public required SymbolStatus Symbols { get; init; }

    /// <summary>The module of the method; null for native frames and the runtime's stubs.</summary>
    public ModuleIdentity? Module { get; init; }

    /// <summary>The MethodDef token in <see cref="Module"/>; 0 if there is none.</summary>
    public int MetadataToken { get; init; }

    /// <summary>
    /// Offset into the method's IL; null if the runtime returned none. For an async method, the offset of the <c>await</c> in its state machine's
    /// <c>MoveNext</c>.
    /// </summary>
    public int? ILOffset { get; init; }

    /// <summary>
    /// The next instruction for the innermost frame, the return address for the others. Zero for native frames that stand for any number,
    /// and for async methods that wait.
    /// </summary>
    public CodeAddress Address { get; init; }

    /// <summary>
    /// The type arguments of the declaring type, then of the method; empty for a non-generic method. <c>System.__Canon</c> stands for any
    /// reference type, because the runtime shares code between reference types.
    /// </summary>
    public IReadOnlyList<string> TypeArguments { get; init; } = [];

    /// <summary>
    /// True for frames that a reader does not need: methods marked <c>[StackTraceHidden]</c>, stubs of the runtime, the part of an async
    /// method that only starts its state machine, the framework's methods that start and continue it, and Stackflare's own frames. By default, the
    /// formats leave them out, and also the framework's frames below a wait and outside of the program.
    /// </summary>
    public bool IsHidden { get; init; }

    /// <summary>
    /// The method and its source location as in a stack trace: <c>MyApp.Program.Run(Int32 n) in /src/Program.cs:line 12</c>. One line. Names are
    /// escaped and cut after 4,096 characters, with a count of the rest.
    /// </summary>
    public override string ToString() => Source is { } source
        ? string.Create(CultureInfo.InvariantCulture, $"{EscapedText.Plain(Method.ToString())} in {EscapedText.Plain(source.Path)}:line {source.Line}{(source.IsApproximate ? " (approximate)" : "")}")
        : EscapedText.Plain(Method.ToString());

    /// <summary>The hash of the place, cached by <see cref="SameFrame"/>; 0 if not yet computed.</summary>
    internal int PlaceHash { get; set; }
}
