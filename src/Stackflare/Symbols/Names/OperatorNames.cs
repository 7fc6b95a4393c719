namespace Stackflare.Symbols.Names;

/// <summary>The C# spelling of user-defined operators. ECMA-335 and the C# specification define their metadata names.</summary>
internal static class OperatorNames
{
    private const string Prefix = "op_", Checked = "Checked", Assignment = "Assignment";

    /// <summary>For example <c>operator +</c> for <c>op_Addition</c>; null if it is not an operator's name.</summary>
    public static string? Spell(string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        string operation = name[Prefix.Length..];
        bool isChecked = operation.StartsWith(Checked, StringComparison.Ordinal);
        if (isChecked)
            operation = operation[Checked.Length..];
        string word = isChecked ? "operator checked " : "operator ";
        switch (operation)
        {
            case "Implicit":
                return "implicit operator";
            case "Explicit":
                return isChecked ? "explicit operator checked" : "explicit operator";
        }
        if (Symbol(operation) is { } symbol)
            return word + symbol;
        // Instance operators of C# 14: compound assignments such as +=, and in-place ++ and --.
        if (!operation.EndsWith(Assignment, StringComparison.Ordinal))
            return null;
        operation = operation[..^Assignment.Length];
        return Symbol(operation) is not { } compound ? null : compound is "++" or "--" ? word + compound : word + compound + "=";
    }

    private static string? Symbol(string operation) => operation switch
    {
        "Addition" or "UnaryPlus" => "+",
        "Subtraction" or "UnaryNegation" => "-",
        "Multiply" or "Multiplication" => "*",
        "Division" => "/",
        "Modulus" => "%",
        "BitwiseAnd" => "&",
        "BitwiseOr" => "|",
        "ExclusiveOr" => "^",
        "LeftShift" => "<<",
        "RightShift" => ">>",
        "UnsignedRightShift" => ">>>",
        "LogicalNot" => "!",
        "OnesComplement" => "~",
        "Increment" => "++",
        "Decrement" => "--",
        "True" => "true",
        "False" => "false",
        "Equality" => "==",
        "Inequality" => "!=",
        "LessThan" => "<",
        "GreaterThan" => ">",
        "LessThanOrEqual" => "<=",
        "GreaterThanOrEqual" => ">=",
        _ => null,
    };
}
