namespace Stackflare;

/// <summary>What a frame is.</summary>
public enum FrameKind
{
    /// <summary>A method of an assembly.</summary>
    Managed,

    /// <summary>A method without metadata: a <c>DynamicMethod</c> or a stub of the runtime.</summary>
    Dynamic,

    /// <summary>A run of native frames, however many.</summary>
    Native,

    /// <summary>An async method that is suspended at an <c>await</c>: no thread has it on its stack.</summary>
    Async,
}
