using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Errors;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// Reads answers from a module and its PDB. Each method throws exceptions that <see cref="MalformedData"/> lists if the data is malformed, and
/// returns null if the assembly cannot be opened. <see cref="CachedSymbols"/> is the only caller.
/// </summary>
internal sealed class MetadataSymbols(ModuleFiles files, SymbolOptions options)
{
    private PdbLines? _lines;
    private MethodNames? _names;
    private LockScopes? _lockScopes;
    private AsyncMetadata? _async;

    /// <summary>The module's name in its own metadata.</summary>
    public string? Name => files.Image is { Metadata: var metadata } ? metadata.Text(metadata.GetModuleDefinition().Name) : null;

    /// <summary>Whether the assembly has a public key.</summary>
    public bool? IsSigned => files.Image is { Metadata: { IsAssembly: true } metadata } ? !metadata.GetAssemblyDefinition().PublicKey.IsNil : null;

    public PdbReference? PdbReference => files.Image?.ReadPdbReference() is { } reference ? reference with { Embedded = null } : null;

    private AsyncMetadata? Async => _async ??= files.Image is { } image ? new AsyncMetadata(image) : null;

    private PdbLines? Lines => _lines ??= files.Pdb is { } pdb ? new PdbLines(pdb.Reader, options) : null;

    public MethodSymbol? Method(uint token) => Definition(token, TableIndex.MethodDef) is { } image
        ? (_names ??= new MethodNames(image.Metadata, files.Pdb?.Reader)).Describe((MethodDefinitionHandle)MetadataTokens.Handle((int)token))
        : null;

    public string? TypeName(uint token) => Definition(token, TableIndex.TypeDef) is { } image
        ? image.Metadata.FullTypeName((TypeDefinitionHandle)MetadataTokens.Handle((int)token))
        : null;

    public LockScopeCounts? LockScopesAround(uint token, int offset) => Definition(token, TableIndex.MethodDef) is { } image
        ? (_lockScopes ??= new LockScopes(image)).Around((int)token, offset)
        : null;

    public FieldSymbol? Field(uint token) => Async?.Field((int)token);

    public uint? MoveNextOf(uint type) => (uint?)Async?.MoveNextOf((int)type);

    /// <summary>The IL offsets at which an async method waits, by its state; null if the assembly cannot be opened.</summary>
    public Dictionary<int, int>? Awaits(uint moveNext) => Async?.Awaits((int)moveNext, files.Pdb?.Reader);

    /// <summary>The line of an IL offset; null without a PDB.</summary>
    /// <param name="token">The MethodDef token.</param>
    /// <param name="offset">The IL offset.</param>
    /// <param name="documents">The source files seen so far, by their row.</param>
    public PdbLine? Line(uint token, int offset, Dictionary<int, SourceDocument> documents) => Lines?.Find((int)token, offset, documents);

    /// <summary>The IL between the sequence points around an offset, including hidden ones; null without a PDB.</summary>
    public (int Start, int End)? StatementAround(uint token, int offset) => Lines?.StatementAround((int)token, offset);

    /// <summary>The statements of a method, in the order of their IL; null without a PDB.</summary>
    public PdbStatement[]? Statements(uint token) => Lines?.Statements((int)token);

    /// <summary>The assembly, if the token is one of its definitions of this kind.</summary>
    private ModuleImage? Definition(uint token, TableIndex kind)
    {
        uint row = token & 0x00FFFFFF;
        return token >> 24 == (uint)kind && row != 0 && files.Image is { } image && row <= image.Metadata.GetTableRowCount(kind) ? image : null;
    }
}
