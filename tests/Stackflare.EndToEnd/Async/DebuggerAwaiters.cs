using Microsoft.Diagnostics.Runtime;

namespace Stackflare.EndToEnd.Async;

/// <summary>
/// Async methods and who awaits whom, from the innermost outwards: by what each task has as its continuation, which is how the runtime goes on. Dumps go the
/// other way, by what each method awaits.
/// </summary>
internal static class DebuggerAwaiters
{
    private const int Completed = 0x01600000;
    private const string Continuation = "m_continuationObject", Action = "m_action", Machine = "StateMachine", State = "<>1__state";

    /// <summary>The boxes of the methods that have not ended and do not stand at a <c>yield</c>.</summary>
    public static ulong[] Boxes(ClrRuntime runtime) => [.. runtime.Heap.EnumerateObjects().Where(IsMethod).Select(o => o.Address).Order()];

    /// <summary>From box to box.</summary>
    public static (ulong Awaited, ulong Awaiter)[] Links(ClrRuntime runtime) =>
    [
        .. runtime.Heap.EnumerateObjects().Where(IsMethod).SelectMany(o => Awaiters(o, []).Select(a => (o.Address, a.Address))).Distinct().Order(),
    ];

    public static bool IsBox(ClrObject o) =>
        o.Type?.Name is { } name && name.Contains("StateMachineBox<", StringComparison.Ordinal)
        && (o.Type.GetFieldByName("m_stateFlags") is null || (o.ReadField<int>("m_stateFlags") & Completed) == 0);

    private static bool IsMethod(ClrObject o) => IsBox(o) && StateOf(o) is >= -1;

    /// <summary>An optimized method's state machine lies in its box, another's is an object.</summary>
    private static int? StateOf(ClrObject box)
    {
        if (box.Type!.GetFieldByName(Machine) is not { } field)
            return null;
        if (field.IsValueType)
            return box.ReadValueTypeField(Machine).ReadField<int>(State);
        return box.ReadObjectField(Machine) is { IsNull: false } machine ? machine.ReadField<int>(State) : null;
    }

    private static IEnumerable<ClrObject> Awaiters(ClrObject awaited, HashSet<ulong> passed)
    {
        foreach (ClrObject next in Next(awaited).SelectMany(Unwrap))
        {
            if (IsBox(next))
            {
                yield return next;
            }
            else if (passed.Add(next.Address))
            {
                foreach (ClrObject awaiter in Awaiters(next, passed))
                    yield return awaiter;
            }
        }
    }

    /// <summary>What goes on when a task, the source of a value task or an iterator has something.</summary>
    private static IEnumerable<ClrObject> Next(ClrObject awaited)
    {
        if (Has(awaited, Continuation))
            yield return awaited.ReadObjectField(Continuation);
        if (SourceOf(awaited) is { } source)
            yield return source;
        if (Has(awaited, Machine) && !awaited.Type!.GetFieldByName(Machine)!.IsValueType && awaited.ReadObjectField(Machine) is { IsNull: false } machine && SourceOf(machine) is { } promise)
            yield return promise;
    }

    /// <summary>Who waits for a value task's source: the state of its continuation.</summary>
    private static ClrObject? SourceOf(ClrObject o)
    {
        ClrInstanceField? core = o.Type?.Fields.FirstOrDefault(f => f.IsValueType && f.Type?.Name?.Contains("ManualResetValueTaskSourceCore<", StringComparison.Ordinal) == true);
        return core?.Name is null ? null : o.ReadValueTypeField(core.Name).ReadObjectField("_continuationState");
    }

    private static IEnumerable<ClrObject> Unwrap(ClrObject continuation)
    {
        if (continuation.IsNull || continuation.Type?.Name is not { } name)
            return [];
        if (IsBox(continuation) || Has(continuation, Continuation))
            return [continuation];
        if (name.StartsWith("System.Collections.Generic.List<", StringComparison.Ordinal))
            return ListOf(continuation).SelectMany(Unwrap);
        // A delegate; what a context or scheduler is left for; what stands in front of a delegate for debuggers; a task that follows another.
        string? next = new[] { "_target", Action, "_continuation", "m_task" }.FirstOrDefault(f => Has(continuation, f));
        return next is null ? [] : Unwrap(continuation.ReadObjectField(next));
    }

    private static IEnumerable<ClrObject> ListOf(ClrObject list)
    {
        ClrArray items = list.ReadObjectField("_items").AsArray();
        for (int i = 0; i < list.ReadField<int>("_size"); i++)
            yield return items.GetObjectValue(i);
    }

    private static bool Has(ClrObject o, string field) => o.Type?.GetFieldByName(field) is not null;
}
