namespace Stackflare.Snapshots.Format;

/// <summary>Why a capture did not read the heap, although it was requested.</summary>
internal enum HeapOmission
{
    /// <summary>The heap was read, or was not requested.</summary>
    None,

    /// <summary>Another profiler has the main slot.</summary>
    OtherMain,

    /// <summary>The program was started with a notification-only profiler, which would lose its events because of a main one.</summary>
    OthersBeside,

    /// <summary>An option or a variable forbids taking the main slot.</summary>
    MainForbidden,

    /// <summary>The probe was attached before the exit of the process. It did not take the main slot for so long.</summary>
    Held,
}
