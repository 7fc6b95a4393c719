namespace Stackflare.Writers.Text;

/// <summary>The role of a piece of text, which decides how a theme shows it.</summary>
internal enum TextRole
{
    /// <summary>The first line of a part of the dump.</summary>
    Heading,

    /// <summary>The first line of a deadlock.</summary>
    Deadlock,

    /// <summary>What is missing in the dump, and what prevents a thread from continuing.</summary>
    Warning,

    /// <summary>The name of the thread that a line is about, with its quotes.</summary>
    ThreadName,

    /// <summary>The words around a frame's method.</summary>
    Keyword,

    /// <summary>A frame without a source line.</summary>
    NoLine,

    /// <summary>A file and a line.</summary>
    Location,

    /// <summary>The text of a source line.</summary>
    Source,
}
