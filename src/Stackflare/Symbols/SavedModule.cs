namespace Stackflare.Symbols;

/// <summary>What was found of a module when the snapshot was saved, where its file was at hand.</summary>
internal sealed class SavedModule
{
    /// <summary>What the module says of its PDB; null if it names none. Enough to find the PDB by where the module is not.</summary>
    public PdbReference? Pdb { get; set; }

    /// <summary>By MethodDef token.</summary>
    public Dictionary<uint, MethodFacts> Methods { get; } = [];

    /// <summary>Full names by TypeDef token.</summary>
    public Dictionary<uint, string> Types { get; } = [];

    /// <summary>By MethodDef token and IL offset.</summary>
    public Dictionary<(uint Token, int Offset), SavedLine> Lines { get; } = [];

    /// <summary>How many lock statements are around a place, by MethodDef token and IL offset.</summary>
    public Dictionary<(uint Token, int Offset), LockPlace> LockStatements { get; } = [];
}
