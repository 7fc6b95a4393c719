using System.Reflection.Metadata;
using Stackflare.Errors;
using Stackflare.Snapshots;

namespace Stackflare.Symbols.Names;

/// <summary>Names functions with the data of the snapshot, if there is no metadata.</summary>
internal static class FallbackNames
{
    public static readonly MethodName Native = new("", "[native code]", "", null);

    /// <summary>The prefix of the names of the runtime's stubs.</summary>
    private const string StubPrefix = "IL_STUB";

    /// <summary>A DynamicMethod or a stub of the runtime. Neither has a type, and stack traces print none.</summary>
    public static MethodSymbol Dynamic(SnapshotMethod method)
    {
        string name = method.Name ?? "[dynamic code]";
        return new MethodSymbol(new MethodName("", name, "", Parameters(method.Signature.Span)), IsStub(method));
    }

    /// <summary>Whether a method without metadata is a stub of the runtime.</summary>
    public static bool IsStub(SnapshotMethod method) => method.Name is { } name && name.StartsWith(StubPrefix, StringComparison.Ordinal);

    /// <summary>A method of a module without image, for example from Reflection.Emit; null if the snapshot has no name for it.</summary>
    public static MethodSymbol? Named(SnapshotMethod method)
    {
        if (method.Name is not { Length: > 0 } name)
            return null;
        string type = method.TypeName ?? "";
        return new MethodSymbol(new MethodName(type.Replace('+', '.'), name, "", Parameters(method.Signature.Span)), false);
    }

    /// <summary>A method of which only the module and the token are known.</summary>
    public static MethodName Token(string? moduleName, uint token) => new("", $"{moduleName ?? "<unknown>"}!0x{token:x8}", "", null);

    /// <summary>Types only, because a signature has no names; null unless all of them are known.</summary>
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
