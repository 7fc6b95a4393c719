namespace Stackflare.Symbols.Names;

/// <summary>
/// Parses names that the C# compiler generates: <c>&lt;Outer&gt;b__0_1</c> for a lambda, <c>&lt;Outer&gt;g__Local|0_0</c> for a local function,
/// <c>&lt;Outer&gt;d__3</c> for the type of a state machine, <c>&lt;&gt;c__DisplayClass0_0</c> for captured variables,
/// <c>&lt;File&gt;F…__Name</c> for a file-local type. Outer can contain angle brackets itself.
/// </summary>
internal static class CompilerNames
{
    public const string TopLevelMain = "<Main>$", AsyncMainWrapper = "<Main>";

    /// <summary>The method of a record that <c>with</c> calls.</summary>
    public const string Clone = "<Clone>$";
    private const int FileHashCharacters = 64;

    /// <summary>If the method is a lambda, the name of the method around it.</summary>
    public static bool TryLambda(string name, out string outer)
    {
        int end = OuterEnd(name);
        outer = end > 0 && name.AsSpan(end + 1).StartsWith("b__") ? name[1..end] : "";
        return outer.Length > 0;
    }

    /// <summary>If the method is a local function, its own name and that of the method around it.</summary>
    public static bool TryLocalFunction(string name, out string outer, out string local)
    {
        outer = local = "";
        int end = OuterEnd(name);
        if (end <= 1 || !name.AsSpan(end + 1).StartsWith("g__"))
            return false;
        int start = end + 4, bar = name.LastIndexOf('|');
        if (bar <= start)
            return false;
        outer = name[1..end];
        local = name[start..bar];
        return true;
    }

    /// <summary>If the type is an iterator's or async method's state machine, the name of that method.</summary>
    public static bool TryStateMachine(string typeName, out string outer)
    {
        int end = OuterEnd(typeName);
        outer = end > 1 && end + 1 < typeName.Length && typeName[end + 1] == 'd' ? typeName[1..end] : "";
        return outer.Length > 0;
    }

    /// <summary>
    /// If the F# compiler made the type for a closure or a <c>task</c> block, the name of the function around it: <c>load</c> for <c>load@12</c> and
    /// <c>load@12-1</c>.
    /// </summary>
    public static bool TryFSharpClosure(string typeName, out string outer)
    {
        int at = typeName.LastIndexOf('@');
        outer = at > 0 && IsNumbers(typeName.AsSpan(at + 1)) ? typeName[..at] : "";
        return outer.Length > 0;
    }

    private static bool IsNumbers(ReadOnlySpan<char> text)
    {
        int digits = 0;
        foreach (char c in text)
        {
            if (c == '-' && digits > 0)
                digits = 0;
            else if (char.IsAsciiDigit(c))
                digits++;
            else
                return false;
        }
        return digits > 0;
    }

    /// <summary>Whether the type only contains lambdas or captured variables.</summary>
    public static bool IsClosure(string typeName) => typeName.StartsWith("<>c", StringComparison.Ordinal);

    /// <summary>The name for a display class. No type of an author has a space in its name.</summary>
    public const string CapturedVariables = "captured variables";

    /// <summary>Whether the type is a struct or class of captured variables, which the compiler also passes to local functions.</summary>
    public static bool IsDisplayClass(ReadOnlySpan<char> typeName) => typeName.StartsWith("<>c__DisplayClass");

    /// <summary>
    /// The name of a type as its author wrote it. For a state machine, this is the name of the method: <c>Load</c> for <c>&lt;Load&gt;d__3</c>,
    /// <c>Load.Local</c> for a local function of it; for a closure of F#, that of the function around it.
    /// </summary>
    public static string TypeName(string name)
    {
        if (TryFSharpClosure(name, out string function))
            return function;
        if (name.Length == 0 || name[0] != '<')
            return name;
        if (name.StartsWith("<>f__AnonymousType", StringComparison.Ordinal))
            return "anonymous type";
        if (TryStateMachine(name, out string method))
            return MethodName(method);
        if (IsDisplayClass(name))
            return CapturedVariables;
        int end = OuterEnd(name);
        int start = end + 2 + FileHashCharacters + 2;
        return end > 0 && start < name.Length && name[end + 1] == 'F' && name.AsSpan(start - 2, 2).SequenceEqual("__")
            && IsHex(name.AsSpan(end + 2, FileHashCharacters))
            ? name[start..]
            : name;
    }

    private static string MethodName(string name) =>
        name is TopLevelMain or AsyncMainWrapper ? "Main"
        : TryLocalFunction(name, out string outer, out string local) ? OuterName(outer) + "." + local
        : TryLambda(name, out outer) ? OuterName(outer) + ".lambda"
        : name;

    /// <summary>A lambda or local function can be in an accessor, whose method has the name of its property or event.</summary>
    private static string OuterName(string name)
    {
        foreach (string accessor in (string[])["get", "set", "add", "remove"])
        {
            if (name.Length > accessor.Length + 1 && name.StartsWith(accessor, StringComparison.Ordinal) && name[accessor.Length] == '_')
                return $"{name[(accessor.Length + 1)..]}.{accessor}";
        }
        return MethodName(name);
    }

    private static bool IsHex(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigit(c))
                return false;
        }
        return true;
    }

    /// <summary>The index of the bracket that closes the one the name begins with, or -1.</summary>
    private static int OuterEnd(string name)
    {
        if (name.Length == 0 || name[0] != '<')
            return -1;
        int depth = 0;
        for (int i = 0; i < name.Length; i++)
        {
            if (name[i] == '<')
                depth++;
            else if (name[i] == '>' && --depth == 0)
                return i;
        }
        return -1;
    }
}
