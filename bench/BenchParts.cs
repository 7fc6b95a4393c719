namespace Stackflare.Bench;

/// <summary>The parts of the benchmarks.</summary>
[Flags]
internal enum BenchParts
{
    None = 0,

    /// <summary>The library and its peers.</summary>
    Library = 1,

    /// <summary>The command-line tool and its peers.</summary>
    Tools = 2,

    /// <summary>.NET 11 against .NET 10.</summary>
    Runtimes = 4,

    /// <summary>The search for async methods.</summary>
    Async = 8,

    /// <summary>A web service that hangs.</summary>
    Shop = 16,

    /// <summary>Core files, and processes that are read from outside.</summary>
    Memory = 32,

    All = Library | Tools | Runtimes | Async | Shop | Memory,
}
