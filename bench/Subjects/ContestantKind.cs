namespace Stackflare.Bench.Subjects;

/// <summary>Who prints thread dumps here.</summary>
internal enum ContestantKind
{
    /// <summary>Stackflare with every stack and every frame printed: as much text as the others write.</summary>
    StackflareEverything,

    /// <summary>Stackflare as it comes: one text for all threads that have the same stack.</summary>
    StackflareDefault,

    /// <summary>The JVM's own, on SIGQUIT.</summary>
    Jvm,

    /// <summary>A signal handler written in Python.</summary>
    PythonHandler,

    /// <summary>The handler that comes with Python.</summary>
    Faulthandler,
}
