namespace Stackflare;

/// <summary>The kind of error, for programs. The message of a <see cref="StackflareException"/> is for people. New values may be added.</summary>
public enum StackflareError
{
    /// <summary>No probe exists for this operating system, processor or runtime.</summary>
    Unsupported,

    /// <summary>No process has this id or name.</summary>
    NoSuchProcess,

    /// <summary>The process does not run .NET.</summary>
    NotDotNet,

    /// <summary>The process was compiled with NativeAOT: it has no runtime that can return stacks.</summary>
    NativeAot,

    /// <summary>The process belongs to another user, or has privileges that the current process does not have.</summary>
    AccessDenied,

    /// <summary>The process was started with the runtime's diagnostics disabled (<see cref="DiagnosticsDisabledException"/>).</summary>
    DiagnosticsDisabled,

    /// <summary>The runtime's diagnostics port was not found or refused the connection.</summary>
    DiagnosticsUnreachable,

    /// <summary>The process uses a C library for which no probe exists.</summary>
    LibcMismatch,

    /// <summary>
    /// The runtime did not answer in time (<see cref="CaptureTimeoutException"/>), or did not suspend its threads in time
    /// (<see cref="SuspensionTimeoutException"/>).
    /// </summary>
    Timeout,

    /// <summary>The process is stopped, by SIGSTOP or a debugger, and cannot answer.</summary>
    ProcessStopped,

    /// <summary>A thread prevents the suspension of the program, so nothing was suspended (<see cref="SuspensionBlockedException"/>).</summary>
    SuspensionBlocked,

    /// <summary>
    /// The runtime refused to attach the probe or to suspend its threads. <see cref="Exception.HResult"/> is the runtime's code, if it returned one.
    /// </summary>
    CaptureFailed,

    /// <summary>The probe (the native library that captures stacks) is missing or cannot be loaded.</summary>
    ProbeUnavailable,

    /// <summary>A dump could not be written to its output (<see cref="OutputException"/>).</summary>
    OutputFailed,

    /// <summary>A snapshot cannot be read (<see cref="SnapshotFormatException"/>).</summary>
    InvalidSnapshot,

    /// <summary>The signal cannot trigger a dump, or its handler cannot be set.</summary>
    InvalidSignal,

    /// <summary>An environment variable has an invalid value.</summary>
    InvalidSetting,

    /// <summary>The listener cannot be at its address.</summary>
    ListenFailed,

    /// <summary>A core file cannot be read (<see cref="CoreFileException"/>).</summary>
    InvalidCore,
}
