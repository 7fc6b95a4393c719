using System.Reflection.Metadata;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.Names;

/// <summary>Names functions by what the snapshot itself says, where there is no metadata to read.</summary>
internal static class BareNames
{
    public static readonly MethodName Native = new("", "[native code]", "", null);

    /// <summary>The runtime's stubs have names that begin like this.</summary>
    private const string StubPrefix = "IL_STUB";

    /// <summary>A DynamicMethod or a stub of the runtime. Neither has a type, and stack traces print none.</summary>
    public static MethodFacts Dynamic(RawSnapshot snapshot, in FunctionRecord function)
    {
        string name = snapshot.Text(function.NameOffset, function.NameLength) ?? "[dynamic code]";
        bool isStub = name.StartsWith(StubPrefix, StringComparison.Ordinal);
        return new MethodFacts(new MethodName("", name, "", Parameters(snapshot, function)), isStub);
    }

    /// <summary>A method of a module without image, for example one of Reflection.Emit's; null if the snapshot has no name for it.</summary>
    public static MethodFacts? Named(RawSnapshot snapshot, in FunctionRecord function)
    {
        if ((function.Flags & FunctionFlags.Named) == 0 || snapshot.Text(function.NameOffset, function.NameLength) is not { Length: > 0 } name)
            return null;
        string type = snapshot.Text(function.TypeNameOffset, function.TypeNameLength) ?? "";
        return new MethodFacts(new MethodName(type.Replace('+', '.'), name, "", Parameters(snapshot, function)), false);
    }

    /// <summary>A method that nothing is known of but where it is.</summary>
    public static MethodName Token(string? moduleName, uint token) => new("", $"{moduleName ?? "<unknown>"}!0x{token:x8}", "", null);

    /// <summary>Types only, as a bare signature has no names; null unless all of it can be told.</summary>
    private static unsafe string? Parameters(RawSnapshot snapshot, in FunctionRecord function)
    {
        ReadOnlySpan<byte> signature = snapshot.Bytes(function.SignatureOffset, function.SignatureLength).Span;
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
        catch (Exception e) when (BadData.Is(e))
        {
            return null;
        }
    }
}
