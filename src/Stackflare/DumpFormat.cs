namespace Stackflare;

// A new format also needs a row in the table of Writers/DumpFormats.cs, and a writer.
/// <summary>The format of a written dump.</summary>
public enum DumpFormat
{
    /// <summary>For people: thread lines as in a JVM's thread dump, frames as .NET prints them in an exception, innermost first.</summary>
    Text,

    /// <summary>Like a Python traceback: outermost call first, <c>File "…", line N, in …</c>, with the source line below.</summary>
    Traceback,

    /// <summary>For programs: everything in the dump, by the schema in docs/json-format.md.</summary>
    Json,

    /// <summary>
    /// For flame graphs: one line for each distinct stack, <c>thread;outermost;…;innermost count</c>. Counts of dumps that are appended to one file
    /// add up. Does not contain the notes.
    /// </summary>
    Folded,

    /// <summary>
    /// The JSON file format of the speedscope viewer, one profile for each thread. A file contains one dump. Does not contain the notes.
    /// </summary>
    Speedscope,

    /// <summary>
    /// The threads in the JSON of Spring Boot's and Steeltoe's <c>/actuator/threaddump</c>, for tools that read it. Contains neither async stacks
    /// nor the notes.
    /// </summary>
    Actuator,

    /// <summary>
    /// The stacks of threads and the async stacks as one tree, outermost call first: what they have in common is there once, with counts at the branches. Otherwise
    /// like <see cref="Text"/>.
    /// </summary>
    Tree,

    /// <summary>
    /// A flame graph as a picture: the stacks of threads and the async stacks, added up by method, the outermost call at the top. Several dumps add up to one picture. It
    /// needs no script and loads nothing. Idle threads and async stacks of the framework are left out, unless <see cref="RenderOptions.ShowHidden"/> is set.
    /// </summary>
    Svg,

    /// <summary>
    /// A page for a browser, in one file that loads nothing: the diagnosis, then the stacks of threads and the async stacks as one tree, a flame graph, the threads, the graph
    /// of locks and waits, and what async methods await. Readable without JavaScript. Several dumps are one page: the last dump, what has not run since the first
    /// one, and the flame graph of all.
    /// </summary>
    Html,

    /// <summary>
    /// A profile for the Firefox Profiler (profiler.firefox.com), in its processed format: a track for each thread, one for the async stacks, with colours for the program, libraries and the
    /// framework. Several dumps add up to one profile. Does not contain the notes.
    /// </summary>
    Firefox,
}
