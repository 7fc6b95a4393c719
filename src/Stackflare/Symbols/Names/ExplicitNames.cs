using System.Text;

namespace Stackflare.Symbols.Names;

/// <summary>
/// Names explicit implementations of interface members as their author wrote them: <c>IFoo&lt;int&gt;.Count</c> for
/// <c>Shop.IFoo&lt;System.Int32&gt;.Count</c>.
/// </summary>
internal static class ExplicitNames
{
    /// <summary>Whether it is the name of an explicit implementation.</summary>
    public static bool IsExplicit(string name) => MemberStart(name) > 1 && name[0] != '<';

    /// <summary>The member without the interface; the name itself if it is not explicit.</summary>
    public static string Member(string name) => IsExplicit(name) ? name[MemberStart(name)..] : name;

    /// <summary>The name with simple type names and C#'s keywords; the name itself if it is not explicit.</summary>
    public static string Spell(string name)
    {
        if (!IsExplicit(name))
            return name;
        int member = MemberStart(name);
        return Simple(name.AsSpan(0, member - 1)) + name[(member - 1)..];
    }

    /// <summary>The index after the last dot that is not in a type argument; 0 if there is none.</summary>
    private static int MemberStart(string name)
    {
        int depth = 0, start = 0;
        for (int i = 0; i < name.Length; i++)
        {
            if (name[i] == '<')
                depth++;
            else if (name[i] == '>')
                depth--;
            else if (name[i] == '.' && depth == 0)
                start = i + 1;
        }
        return start;
    }

    /// <summary>A type without namespaces, also those of its arguments.</summary>
    private static string Simple(ReadOnlySpan<char> type)
    {
        var text = new StringBuilder();
        int start = 0;
        for (int i = 0; i <= type.Length; i++)
        {
            if (i < type.Length && type[i] is not ('<' or '>' or ',' or '[' or ']' or '?' or '*' or '(' or ')' or ' '))
                continue;
            text.Append(SimpleName(type[start..i]));
            if (i < type.Length)
                text.Append(type[i]);
            if (i < type.Length && type[i] == ',' && i + 1 < type.Length && type[i + 1] is not (' ' or ',' or ']'))
                text.Append(' ');
            start = i + 1;
        }
        return text.ToString();
    }

    private static string SimpleName(ReadOnlySpan<char> name) => name switch
    {
        "System.Boolean" => "bool",
        "System.Byte" => "byte",
        "System.SByte" => "sbyte",
        "System.Char" => "char",
        "System.Decimal" => "decimal",
        "System.Double" => "double",
        "System.Single" => "float",
        "System.Int32" => "int",
        "System.UInt32" => "uint",
        "System.IntPtr" => "nint",
        "System.UIntPtr" => "nuint",
        "System.Int64" => "long",
        "System.UInt64" => "ulong",
        "System.Int16" => "short",
        "System.UInt16" => "ushort",
        "System.Object" => "object",
        "System.String" => "string",
        _ => name[(name.LastIndexOf('.') + 1)..].ToString(),
    };
}
