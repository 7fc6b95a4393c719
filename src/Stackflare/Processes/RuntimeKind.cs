namespace Stackflare.Processes;

/// <summary>The .NET runtime of a process.</summary>
internal enum RuntimeKind
{
    /// <summary>No .NET runtime.</summary>
    None,

    /// <summary>CoreCLR, as a library or inside of a single-file executable.</summary>
    CoreClr,

    /// <summary>NativeAOT: there is a garbage collector, but no runtime that can return stacks.</summary>
    NativeAot,
}
