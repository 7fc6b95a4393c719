namespace Stackflare;

/// <summary>Whether a frame has a source location, and if not, why.</summary>
public enum SymbolStatus
{
    /// <summary>The frame has a source location.</summary>
    Found,

    /// <summary>The frame is native or dynamic code, which has no symbols.</summary>
    NotApplicable,

    /// <summary>No PDB was found for the module.</summary>
    NoPdb,

    /// <summary>A PDB was found, but it is another build's.</summary>
    PdbMismatch,

    /// <summary>The PDB has no line for this place: the code is the compiler's own.</summary>
    NoLine,

    /// <summary>The runtime gave no IL offset, so that no line can be told.</summary>
    NoOffset,
}
