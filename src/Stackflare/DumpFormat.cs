namespace Stackflare;

/// <summary>How a dump is written.</summary>
public enum DumpFormat
{
    /// <summary>For people: thread lines as a JVM's thread dump has them, frames as .NET prints them in an exception, innermost first.</summary>
    Text,

    /// <summary>In the shape of a Python traceback: outermost call first, <c>File "…", line N, in …</c>, the source line under it.</summary>
    Traceback,

    /// <summary>For programs: everything the dump has, by the schema in docs/json-format.md.</summary>
    Json,

    /// <summary>
    /// For flame graphs: a line for each distinct stack, <c>thread;outermost;…;innermost count</c>. Dumps that are appended to one file add
    /// up. Says nothing of what the dump lacks.
    /// </summary>
    Folded,

    /// <summary>For the viewer speedscope: its JSON file, a profile for each thread. A file holds one dump. Says nothing of what the dump lacks.</summary>
    Speedscope,
}
