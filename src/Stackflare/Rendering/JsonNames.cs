namespace Stackflare.Rendering;

/// <summary>
/// The spelling of enumerations in JSON. Written out rather than derived: a renamed member must not change the format.
/// </summary>
internal static class JsonNames
{
    public static string Of(ThreadActivity activity) => activity switch
    {
        ThreadActivity.Unknown => "unknown",
        ThreadActivity.Running => "running",
        ThreadActivity.Waiting => "waiting",
        ThreadActivity.Sleeping => "sleeping",
        ThreadActivity.Blocked => "blocked",
        ThreadActivity.Stopped => "stopped",
        _ => throw new ArgumentOutOfRangeException(nameof(activity), activity, null),
    };

    public static string Of(StackCompleteness completeness) => completeness switch
    {
        StackCompleteness.Complete => "complete",
        StackCompleteness.Truncated => "truncated",
        StackCompleteness.Broken => "broken",
        StackCompleteness.NoManagedFrames => "noManagedFrames",
        StackCompleteness.NotWalked => "notWalked",
        _ => throw new ArgumentOutOfRangeException(nameof(completeness), completeness, null),
    };

    public static string Of(FrameKind kind) => kind switch
    {
        FrameKind.Managed => "managed",
        FrameKind.Dynamic => "dynamic",
        FrameKind.Native => "native",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static string Of(SymbolStatus status) => status switch
    {
        SymbolStatus.Found => "found",
        SymbolStatus.NotApplicable => "notApplicable",
        SymbolStatus.NoPdb => "noPdb",
        SymbolStatus.PdbMismatch => "pdbMismatch",
        SymbolStatus.NoLine => "noLine",
        SymbolStatus.NoOffset => "noOffset",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    public static string Of(SourceTextOrigin origin) => origin switch
    {
        SourceTextOrigin.NotRequested => "notRequested",
        SourceTextOrigin.Embedded => "embedded",
        SourceTextOrigin.File => "file",
        SourceTextOrigin.FileNotFound => "fileNotFound",
        SourceTextOrigin.FileChanged => "fileChanged",
        SourceTextOrigin.NoChecksum => "noChecksum",
        _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, null),
    };
}
