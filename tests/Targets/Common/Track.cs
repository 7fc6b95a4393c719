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
    private readonly List<HeldMark> _held = [];

    /// <summary>The marks, innermost first.</summary>
    public IEnumerable<Mark> InnermostFirst => Enumerable.Reverse(_marks);

    /// <summary>The locks that the thread holds, those taken last first.</summary>
    public IEnumerable<HeldMark> Held => Enumerable.Reverse(_held);

    /// <summary>What the thread is about to wait for; null for nothing that is looked at.</summary>
    public string? Wanted { get; private set; }

    /// <summary>Notes that the method of the last mark has taken these locks, in this order.</summary>
    public Track Took(params object[] locks)
    {
        foreach (var taken in locks)
            _held.Add(new HeldMark(ObjectNames.Of(taken), _marks[^1]));
        return this;
    }

    /// <summary>Notes what the thread is about to wait for: a lock, or a thread's end.</summary>
    public Track Wants(object wanted)
    {
        Wanted = ObjectNames.Of(wanted);
        return this;
    }

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

    internal static string TypeName(Type type) =>
        ((type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName ?? type.Name).Replace('+', '.');
}
