namespace Stackflare.Processes;

/// <summary>What runs a process.</summary>
internal enum RuntimeKind
{
    /// <summary>Nothing of .NET.</summary>
    None,

    /// <summary>CoreCLR, as a library or within a single-file executable.</summary>
    CoreClr,

    /// <summary>Code compiled ahead of time: there is a garbage collector, but no runtime that could be asked for stacks.</summary>
    NativeAot,
}
