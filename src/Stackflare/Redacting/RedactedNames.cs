using System.Text;

namespace Stackflare.Redacting;

/// <summary>
/// Decides what becomes of each kind of text. What is not known to be public is replaced; nothing is searched for names to be replaced. Not thread-safe.
/// </summary>
/// <param name="redaction">Replaces names.</param>
/// <param name="frames">The frames of the dump. They show which namespaces that look like the framework's are the program's.</param>
internal sealed class RedactedNames(Redaction redaction, IEnumerable<DumpFrame> frames)
{
    private readonly Dictionary<(NameKind, string), string> _known = [];
    private readonly HashSet<string> _own = OwnNames(frames);

    /// <summary>Text of any kind, as a whole.</summary>
    public string Whole(NameKind kind, string text)
    {
        if (text.Length == 0)
            return text;
        if (!_known.TryGetValue((kind, text), out string? name))
            _known.Add((kind, text), name = redaction.Replace(kind, text));
        return name;
    }

    public string? WholeOrNull(NameKind kind, string? text) => text is null ? null : Whole(kind, text);

    /// <summary>As <see cref="Whole"/>, but some texts are public.</summary>
    public string? Unless(HashSet<string> kept, NameKind kind, string? text) => text is null || kept.Contains(text) ? text : Whole(kind, text);

    /// <summary>
    /// Names of types and methods, with type arguments and parameters. Each part of a name is replaced by itself, so that types of one namespace can be seen to be. What it is a part of
    /// is hashed as well: from the names of a published library, nobody learns the same words in names of the program. Names in the framework's namespaces are kept.
    /// </summary>
    /// <param name="text">The names.</param>
    /// <param name="isPublic">Whether they continue a public name.</param>
    /// <param name="type">The type whose member it is; empty for none.</param>
    public string Code(string text, bool isPublic = false, string type = "")
    {
        string prefix = type.Length == 0 ? "" : Outer(type) + ".";
        var result = new StringBuilder(text.Length + 16);
        // Whether the name that is open is public: what follows its type arguments is a part of it.
        var open = new Stack<bool>();
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            if (IsPunctuation(c))
            {
                if (c is '<' or '[')
                    open.Push(isPublic);
                isPublic = c is '>' or ']' && open.TryPop(out bool outer) && outer;
                result.Append(c);
                i++;
                continue;
            }
            int end = i;
            while (end < text.Length && !IsPunctuation(text[end]))
                end++;
            string name = text[i..end];
            isPublic = name[0] is '.' or '+' && isPublic || IsOfPlatform(name);
            result.Append(isPublic ? name : Parts(name, prefix));
            prefix = "";
            i = end;
        }
        return result.ToString();
    }

    public string? CodeOrNull(string? text) => text is null ? null : Code(text);

    /// <summary>Names of a module of the framework: only their type arguments can be the program's.</summary>
    public string CodeOfPlatform(string text) => text.AsSpan().IndexOfAny('<', '[') is var open and >= 0 ? text[..open] + Code(text[open..], isPublic: true) : text;

    /// <summary>The types of a method's parameters, without the names of the parameters.</summary>
    public string? Parameters(string? text) => text is null ? null : Code(string.Join(", ", SplitAtCommas(text).Select(WithoutName)));

    /// <summary>A name with dots, of which no part is public because of the others.</summary>
    /// <param name="name">The name.</param>
    /// <param name="prefix">What it continues, for example the name of its type and a dot.</param>
    public string Parts(string name, string prefix = "")
    {
        var result = new StringBuilder(name.Length + 16);
        for (int i = 0; i < name.Length;)
        {
            if (name[i] is '.' or '+')
            {
                result.Append(name[i++]);
                continue;
            }
            int end = i;
            while (end < name.Length && name[end] is not ('.' or '+'))
                end++;
            result.Append(Part(name[i..end], prefix + name[..i]));
            i = end;
        }
        return result.ToString();
    }

    /// <summary>A path, as a whole. Its extension is kept, and that the build normalized it: by that, programs and libraries are told apart.</summary>
    public string Path(string path) =>
        (path.StartsWith(SourceLocation.NormalizedRoot, StringComparison.Ordinal) ? SourceLocation.NormalizedRoot : "") + Whole(NameKind.Path, path) + ExtensionOf(path);

    /// <summary>Source files of the framework are public.</summary>
    public string Source(string path, ModuleIdentity? module) => module is { IsOfPlatform: true } && path.StartsWith(SourceLocation.NormalizedRoot, StringComparison.Ordinal) ? path : Path(path);

    public string File(string name) => ExtensionOf(name) is var extension ? Parts(name[..^extension.Length]) + extension : name;

    private static string ExtensionOf(string path) => System.IO.Path.GetExtension(path) is { Length: > 0 } extension && PublicWords.OfFiles.Contains(extension) ? extension : "";

    private string Part(string part, string prefix)
    {
        int arity = part.Length;
        while (arity > 0 && char.IsAsciiDigit(part[arity - 1]))
            arity--;
        // The number of type parameters: List`1.
        string suffix = arity > 0 && arity < part.Length && part[arity - 1] == '`' ? part[(arity - 1)..] : "";
        string name = part[..^suffix.Length];
        return (PublicWords.OfCode.Contains(name) || name.All(static c => c is > ' ' and <= '~' && !char.IsAsciiLetterOrDigit(c)) ? name : Whole(NameKind.Code, prefix + name)) + suffix;
    }

    private bool IsOfPlatform(string name)
    {
        if (!ModuleIdentity.HasNameOfPlatform(name))
            return false;
        for (int dot = name.Length; dot > 0; dot = name.LastIndexOf('.', dot - 1))
        {
            if (_own.Contains(name[..dot]))
                return false;
        }
        return true;
    }

    /// <summary>Types of the program in namespaces that begin like the framework's; the whole namespace if no type of the framework is known to be in it.</summary>
    private static HashSet<string> OwnNames(IEnumerable<DumpFrame> frames)
    {
        HashSet<string> own = new(StringComparer.Ordinal), ofPlatform = new(StringComparer.Ordinal);
        foreach (DumpFrame frame in frames)
        {
            string type = frame.Method.DeclaringType;
            if (!ModuleIdentity.HasNameOfPlatform(type))
                continue;
            string name = Outer(type);
            string? space = name.LastIndexOf('.') is var dot and > 0 ? name[..dot] : null;
            if (frame.Module is { IsOfPlatform: true })
                ofPlatform.Add(space ?? name);
            else
                own.UnionWith(space is null ? [name] : [name, space]);
        }
        // A program can have a type in "System": the framework's namespaces are below it, not the program's.
        own.RemoveWhere(o => ofPlatform.Any(p => p.StartsWith(o, StringComparison.Ordinal) && (p.Length == o.Length || p[o.Length] == '.')));
        return own;
    }

    /// <summary>The name of a type without its type arguments.</summary>
    private static string Outer(string type) => type.AsSpan().IndexOfAny('<', '[') is var open and >= 0 ? type[..open] : type;

    private static bool IsPunctuation(char c) => c is '<' or '>' or '[' or ']' or '(' or ')' or ',' or '&' or '*' or '?' or '!' or ' ';

    private static IEnumerable<string> SplitAtCommas(string text)
    {
        int depth = 0, start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            depth += text[i] is '<' or '[' or '(' ? 1 : text[i] is '>' or ']' or ')' ? -1 : 0;
            if (text[i] != ',' || depth > 0)
                continue;
            yield return text[start..i].Trim();
            start = i + 1;
        }
        if (start < text.Length)
            yield return text[start..].Trim();
    }

    /// <summary>The type of <c>Int32 count</c>. A type without a name can have a space only in brackets.</summary>
    private static string WithoutName(string parameter) =>
        parameter.LastIndexOf(' ') is var space and > 0 && parameter.AsSpan(space).IndexOfAny(">])") < 0 ? parameter[..space] : parameter;
}
