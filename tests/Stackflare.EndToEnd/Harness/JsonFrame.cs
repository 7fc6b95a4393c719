using System.Globalization;
using System.Text.Json;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A frame of a dump in JSON.</summary>
internal sealed class JsonFrame(JsonElement frame)
{
    private static readonly string[] Unmarked = [".Start.lambda", ".StartThreads.lambda", ".StartThreads.Thread", ".Visit.lambda"];

    private readonly JsonElement _method = frame.GetProperty("method");

    public string DeclaringType => _method.GetProperty("declaringType").GetString()!;

    public string FullName => DeclaringType + "." + _method.GetProperty("name").GetString();

    public string Kind => frame.GetProperty("kind").GetString()!;

    public string Symbols => frame.GetProperty("symbols").GetString()!;

    public bool IsHidden => frame.GetProperty("hidden").GetBoolean();

    public int? Line => frame.GetProperty("source") is { ValueKind: JsonValueKind.Object } source ? source.GetProperty("line").GetInt32() : null;

    /// <summary>Whether the line is said to be only close.</summary>
    public bool IsApproximate => frame.GetProperty("source") is { ValueKind: JsonValueKind.Object } source && source.TryGetProperty("approximate", out _);

    public string? SourcePath => frame.GetProperty("source") is { ValueKind: JsonValueKind.Object } source ? source.GetProperty("path").GetString() : null;

    public string? SourceText => frame.GetProperty("source") is { ValueKind: JsonValueKind.Object } source ? source.GetProperty("text").GetString() : null;

    public string? SourceTextOrigin => frame.GetProperty("source") is { ValueKind: JsonValueKind.Object } source ? source.GetProperty("textOrigin").GetString() : null;

    public string? ModuleName => frame.GetProperty("module") is { ValueKind: JsonValueKind.Object } module ? module.GetProperty("name").GetString() : null;

    public string? ModulePath => frame.GetProperty("module") is { ValueKind: JsonValueKind.Object } module ? module.GetProperty("path").GetString() : null;

    public int Token => (int)Hexadecimal("token");

    public ulong Address => Hexadecimal("address");

    /// <summary>Whether the frame is a shape's and marked: not the harness's, the runtime's or the library's, nor a lambda that a thread starts in.</summary>
    public bool IsOfTarget =>
        DeclaringType.StartsWith("Stackflare.Targets.", StringComparison.Ordinal)
        && !DeclaringType.StartsWith("Stackflare.Targets.Common.", StringComparison.Ordinal)
        && !Unmarked.Any(n => FullName.EndsWith(n, StringComparison.Ordinal));

    /// <summary>All that is said of the frame, less its place in the table of frames.</summary>
    public string Everything => string.Join("; ", frame.EnumerateObject().Where(p => p.Name != "index"));

    public override string ToString() => $"   {frame.GetProperty("display").GetString()} line {Line} [{Kind}, {Symbols}{(IsHidden ? ", hidden" : "")}]";

    private ulong Hexadecimal(string name) => frame.GetProperty(name).GetString() is { } text
        ? ulong.Parse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
        : 0;
}
