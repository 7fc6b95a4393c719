namespace Stackflare;

/// <summary>The kind of a frame.</summary>
public enum FrameKind
{
    /// <summary>A method of an assembly.</summary>
    Managed,

    /// <summary>A method without metadata: a <c>DynamicMethod</c> or a stub of the runtime.</summary>
    Dynamic,

    /// <summary>
    /// Any number of consecutive native frames; or one, with its file and function as its name, if the thread runs native code in which the runtime cannot stop it.
    /// </summary>
    Native,

    /// <summary>An async method that is suspended at an <c>await</c>. It is on no thread's stack.</summary>
    Async,

    /// <summary>A P/Invoke whose native code the thread runs. It has no source line: the next frame is at the call.</summary>
    PInvoke,
}
