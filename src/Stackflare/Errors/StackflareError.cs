namespace Stackflare;

/// <summary>What went wrong, for programs: the message of a <see cref="StackflareException"/> says it for people. New values may be added.</summary>
public enum StackflareError
{
    /// <summary>There is no probe for this operating system, processor or runtime.</summary>
    Unsupported,

    /// <summary>There is no process with that id or name.</summary>
    NoSuchProcess,

    /// <summary>The process does not run .NET.</summary>
    NotDotNet,

    /// <summary>The process was compiled with NativeAOT: it has no runtime that could be asked for stacks.</summary>
    NativeAot,

    /// <summary>The process belongs to another user, or has rights that we do not have.</summary>
    AccessDenied,

    /// <summary>The process was started with the runtime's diagnostics switched off (<see cref="DiagnosticsDisabledException"/>).</summary>
    DiagnosticsDisabled,

    /// <summary>The runtime's diagnostics port cannot be found or takes no connection.</summary>
    DiagnosticsUnreachable,

    /// <summary>The process uses a C library that there is no probe for.</summary>
    LibcMismatch,

    /// <summary>The runtime did not answer in time (<see cref="CaptureTimeoutException"/>), or did not come to a stop (<see cref="SuspensionTimeoutException"/>).</summary>
    Timeout,

    /// <summary>The process is stopped, by SIGSTOP or a debugger, and cannot answer.</summary>
    ProcessStopped,

    /// <summary>A thread does not let the runtime stop the program, so nothing was stopped (<see cref="SuspensionBlockedException"/>).</summary>
    SuspensionBlocked,

    /// <summary>The runtime refused to attach the probe or to suspend its threads. <see cref="Exception.HResult"/> is the runtime's code where it gave one.</summary>
    CaptureFailed,

    /// <summary>The probe, the native library that takes the stacks, is missing or cannot be loaded.</summary>
    ProbeUnavailable,

    /// <summary>A dump could not be written to its output (<see cref="OutputException"/>).</summary>
    OutputFailed,

    /// <summary>A snapshot cannot be read (<see cref="SnapshotFormatException"/>).</summary>
    InvalidSnapshot,

    /// <summary>The signal is not one that can ask for a dump, or its handler cannot be set.</summary>
    InvalidSignal,

    /// <summary>A setting in the environment has a value that it cannot have.</summary>
    InvalidSetting,
}
