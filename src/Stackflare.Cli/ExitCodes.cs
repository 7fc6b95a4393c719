namespace Stackflare.Cli;

/// <summary>The exit codes of the tool, mapped from the kind of error, never from its text. docs/cli.md lists them.</summary>
internal static class ExitCodes
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int Usage = 2;
    public const int NoSuchProcess = 3;
    public const int NotDotNet = 4;
    public const int NativeAot = 5;
    public const int AccessDenied = 6;
    public const int DiagnosticsDisabled = 7;
    public const int DiagnosticsUnreachable = 8;
    public const int Unsupported = 9;
    public const int LibcMismatch = 10;
    public const int Timeout = 11;
    public const int CaptureFailed = 12;
    public const int Output = 13;
    public const int BadSnapshot = 14;
    public const int SuspensionBlocked = 15;
    public const int BadCore = 16;

    /// <summary>Dumps were written, and one has a deadlock. Used only if an option requests it.</summary>
    public const int Deadlock = 20;

    /// <summary>Like that of <c>timeout</c>: <c>stackflare run</c> has ended the command.</summary>
    public const int TimedOut = 124;

    /// <summary>Like those of a shell: the command exists but cannot be run, or it does not exist.</summary>
    public const int CannotRun = 126, CommandNotFound = 127;

    /// <summary>Like a shell's code for a program that SIGINT ended.</summary>
    public const int Interrupted = 130;

    public static int For(StackflareException error) => error.Error switch
    {
        StackflareError.NoSuchProcess => NoSuchProcess,
        StackflareError.NotDotNet => NotDotNet,
        StackflareError.NativeAot => NativeAot,
        StackflareError.AccessDenied => AccessDenied,
        StackflareError.DiagnosticsDisabled => DiagnosticsDisabled,
        StackflareError.DiagnosticsUnreachable => DiagnosticsUnreachable,
        StackflareError.Unsupported => Unsupported,
        StackflareError.LibcMismatch => LibcMismatch,
        StackflareError.Timeout or StackflareError.ProcessStopped => Timeout,
        StackflareError.SuspensionBlocked => SuspensionBlocked,
        StackflareError.CaptureFailed or StackflareError.ProbeUnavailable => CaptureFailed,
        StackflareError.OutputFailed => Output,
        StackflareError.InvalidSnapshot => BadSnapshot,
        StackflareError.InvalidCore => BadCore,
        _ => Failure,
    };
}
