namespace Stackflare;

/// <summary>Whether a frame has a source location; if not, the reason.</summary>
public enum SymbolStatus
{
    /// <summary>The frame has a source location.</summary>
    Found,

    /// <summary>The frame is native or dynamic code, which has no symbols.</summary>
    NotApplicable,

    /// <summary>No PDB was found for the module.</summary>
    NoPdb,

    /// <summary>A PDB was found, but it belongs to another build.</summary>
    PdbMismatch,

    /// <summary>The PDB has no line for this place, because the compiler generated the code.</summary>
    NoLine,

    /// <summary>The runtime returned no IL offset, so the line is not known.</summary>
    NoOffset,
}
