using System.Runtime.CompilerServices;

namespace Stackflare.Targets.Common;

/// <summary>
/// What one thread knows about its own stack. Each call that will not return passes the track on and marks it in the same
/// statement, so that the mark's line is the call's line. Calls are kept from being inlined by an attribute, and from being
/// replaced by a jump (a tail call, in optimized code) by the use of something after them. The lambdas that threads start in
/// are not marked: some of them do end in a jump.
/// </summary>
public sealed class Track
{
    private readonly List<Mark> _marks = [];

    /// <summary>The marks, innermost first.</summary>
    public IEnumerable<Mark> InnermostFirst => Enumerable.Reverse(_marks);

    /// <summary>Marks this line.</summary>
    public Track Here<TDeclaring>(string? name = null, [CallerMemberName] string member = "", [CallerLineNumber] int line = 0) =>
        Here(TypeName(typeof(TDeclaring)), name, member, line);

    /// <summary>For a static type, which cannot be a type argument, or a type of another load context.</summary>
    public Track Here(string declaringType, string? name = null, [CallerMemberName] string member = "", [CallerLineNumber] int line = 0)
    {
        _marks.Add(new Mark(declaringType + "." + (name ?? member), line));
        return this;
    }

    /// <summary>Marks the line after this one, for a call that cannot take the track.</summary>
    public Track Next<TDeclaring>(string? name = null, [CallerMemberName] string member = "", [CallerLineNumber] int line = 0) =>
        Here(TypeName(typeof(TDeclaring)), name, member, line + 1);

    private static string TypeName(Type type) =>
        ((type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName ?? type.Name).Replace('+', '.');
}
