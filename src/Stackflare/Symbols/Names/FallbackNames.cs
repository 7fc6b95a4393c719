using System.Reflection.Metadata;
using Stackflare.Snapshots;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.Names;

/// <summary>Names functions by what the snapshot itself says, where there is no metadata to read.</summary>
internal static class FallbackNames
{
    public static readonly MethodName Native = new("", "[native code]", "", null);

    /// <summary>The runtime's stubs have names that begin like this.</summary>
    private const string StubPrefix = "IL_STUB";

    /// <summary>A DynamicMethod or a stub of the runtime. Neither has a type, and stack traces print none.</summary>
    public static MethodSymbol Dynamic(SnapshotMethod method)
    {
        string name = method.Name ?? "[dynamic code]";
        bool isStub = name.StartsWith(StubPrefix, StringComparison.Ordinal);
        return new MethodSymbol(new MethodName("", name, "", Parameters(method.Signature.Span)), isStub);
    }

    /// <summary>A method of a module without image, for example one of Reflection.Emit's; null if the snapshot has no name for it.</summary>
    public static MethodSymbol? Named(SnapshotMethod method)
    {
        if (method.Name is not { Length: > 0 } name)
            return null;
        string type = method.TypeName ?? "";
        return new MethodSymbol(new MethodName(type.Replace('+', '.'), name, "", Parameters(method.Signature.Span)), false);
    }

    /// <summary>A method that nothing is known of but where it is.</summary>
    public static MethodName Token(string? moduleName, uint token) => new("", $"{moduleName ?? "<unknown>"}!0x{token:x8}", "", null);

    /// <summary>Types only, as a bare signature has no names; null unless all of it can be told.</summary>
    private static unsafe string? Parameters(ReadOnlySpan<byte> signature)
    {
        if (signature.IsEmpty)
            return null;
        try
        {
            fixed (byte* start = signature)
            {
                List<string>? types = new SignatureText(null, [], []).Parameters(new BlobReader(start, signature.Length), out _);
                return types is null ? null : string.Join(", ", types);
            }
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return null;
        }
    }
}
