using Stackflare.Errors;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// Answers from the results of earlier dumps, and otherwise from the module's files. For malformed data, there is no answer. A missing
/// answer is cached only if the assembly could be opened, because the file may exist the next time.
/// </summary>
internal sealed class CachedSymbols(ModuleFiles files, MetadataSymbols metadata, ModuleCacheEntry cache) : IModuleSymbols
{
    private const int EntryBytes = 80;

    /// <summary>The module's name by its own metadata; null if it cannot be read.</summary>
    public string? Name => cache.Name ??= Ask(metadata, static metadata => metadata.Name);

    /// <summary>Whether the assembly has a public key; null if it cannot be read.</summary>
    public bool? IsSigned => cache.IsSigned ??= Ask(metadata, static metadata => metadata.IsSigned);

    public PdbReference? PdbReference => cache.Pdb ??= Ask(metadata, static metadata => metadata.PdbReference);

    public MethodSymbol? Method(uint token) => Remember(
        cache.Methods, token, static (metadata, token) => metadata.Method(token),
        static method => method is null ? 0 : 170 + 2 * (2 * method.Name.FullName.Length + method.Name.TypeParameters.Length + (method.Name.Parameters?.Length ?? 0)));

    public FieldSymbol? Field(uint token) => Remember(
        cache.Fields, token, static (metadata, token) => metadata.Field(token),
        static field => 40 + 2 * ((field?.Name.Length ?? 0) + (field?.Type?.Length ?? 0)));

    public string? TypeName(uint token) => Remember(
        cache.Types, token, static (metadata, token) => metadata.TypeName(token), static name => 2 * name?.Length ?? 0);

    public uint? MoveNextOf(uint type) => Remember(
        cache.MoveNexts, type, static (metadata, type) => metadata.MoveNextOf(type), static _ => 0);

    public int? AwaitOffset(uint moveNext, int state)
    {
        Dictionary<int, int>? offsets = Remember(
            cache.Awaits, moveNext, static (metadata, moveNext) => metadata.Awaits(moveNext), static offsets => 24 * offsets?.Count ?? 0);
        return offsets is not null && offsets.TryGetValue(state, out int offset) ? offset : null;
    }

    public LockScopeCounts? LockScopesAround(uint token, int offset) => Remember(
        cache.LockScopes, (token, offset), static (MetadataSymbols metadata, (uint Token, int Offset) at) => metadata.LockScopesAround(at.Token, at.Offset), static _ => 0);

    /// <summary>The line of an IL offset, or the reason why there is none.</summary>
    public PdbLine Line(uint token, int offset)
    {
        if (cache.Lines.TryGetValue((token, offset), out PdbLine? line))
            return line;
        line = Ask((metadata, cache, token, offset), static at => at.metadata.Line(at.token, at.offset, at.cache.Documents))
            ?? new PdbLine(files.IsPdbOpen ? SymbolStatus.NoLine : files.PdbFailure, null, 0, 0, null);
        if (files.IsImageOpen || files.IsPdbOpen)
        {
            cache.Lines.Add((token, offset), line);
            cache.Results += 120 + 2 * (line.EmbeddedText?.Length ?? 0) + (line.Document?.Path.Length ?? 0);
        }
        return line;
    }

    /// <summary>The IL between the sequence points around an offset, including hidden ones; null without a PDB.</summary>
    public (int Start, int End)? StatementAround(uint token, int offset) =>
        Ask((metadata, token, offset), static at => at.metadata.StatementAround(at.token, at.offset));

    /// <summary>The statements of a method, in the order of their IL; empty without a PDB.</summary>
    public PdbStatement[] Statements(uint token) => Ask((metadata, token), static at => at.metadata.Statements(at.token)) ?? [];

    /// <summary>The place of a caller, from an earlier dump or from <paramref name="find"/>.</summary>
    public CallerPlace Caller(in CallerQuestion question, Func<CallerPlace> find)
    {
        if (cache.Callers.TryGetValue(question, out CallerPlace place))
            return place;
        place = find();
        if (files.IsImageOpen || files.IsPdbOpen)
        {
            cache.Callers.Add(question, place);
            cache.Results += EntryBytes;
        }
        return place;
    }

    private TValue Remember<TKey, TValue>(Dictionary<TKey, TValue> known, TKey key, Func<MetadataSymbols, TKey, TValue> ask, Func<TValue, int> bytes)
        where TKey : notnull
    {
        if (known.TryGetValue(key, out TValue? value))
            return value;
        value = Ask((metadata, key, ask), static at => at.ask(at.metadata, at.key))!;
        if (value is not null || files.IsImageOpen)
        {
            known.Add(key, value!);
            cache.Results += EntryBytes + bytes(value!);
        }
        return value!;
    }

    private static TValue? Ask<TArgument, TValue>(TArgument argument, Func<TArgument, TValue> ask)
    {
        try
        {
            return ask(argument);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return default;
        }
    }
}
