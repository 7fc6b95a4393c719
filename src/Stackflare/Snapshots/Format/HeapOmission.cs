namespace Stackflare.Snapshots.Format;

/// <summary>Why a capture that was to look through the heap was taken without.</summary>
internal enum HeapOmission
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>Another profiler has the main place.</summary>
    OtherMain,

    /// <summary>The program was started with a notification-only profiler, which a main one would cut off from its events.</summary>
    OthersBeside,

    /// <summary>An option or a variable forbids to take the main place.</summary>
    MainForbidden,
}
