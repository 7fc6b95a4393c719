namespace Stackflare.Writers.Text;

/// <summary>What a piece of text is, which a theme shows.</summary>
internal enum TextRole
{
    /// <summary>The first line of a part of the dump.</summary>
    Heading,

    /// <summary>The first line of a deadlock.</summary>
    Deadlock,

    /// <summary>What could not be had, and what keeps a thread from going on.</summary>
    Warning,

    /// <summary>The name of the thread that a line is about, with its quotes.</summary>
    ThreadName,

    /// <summary>The words around a frame's method.</summary>
    Keyword,

    /// <summary>A frame of which there is no line that could be gone to.</summary>
    NoLine,

    /// <summary>A file and a line.</summary>
    Location,

    /// <summary>The text of a source line.</summary>
    Source,
}
