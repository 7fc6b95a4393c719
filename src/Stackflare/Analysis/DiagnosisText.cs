using System.Globalization;

namespace Stackflare.Analysis;

/// <summary>
/// How findings and the text formats name things. Texts from the program are not escaped: the writer escapes them.
/// </summary>
internal static class DiagnosisText
{
    /// <summary>For example <c>"worker" #7</c>.</summary>
    public static string Describe(DumpThread thread) => Describe(thread, thread.DisplayName);

    /// <summary>The same with the name to show.</summary>
    public static string Describe(DumpThread thread, string name) => thread.ManagedId is { } id
        ? $"\"{name}\" #{id}"
        : $"\"{name}\" tid={thread.OsId}";

    /// <summary>What follows a line that is only close to the place.</summary>
    public const string Approximate = " (approximate)";

    /// <summary>For example <c>3 threads</c>.</summary>
    public static string Count(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many ?? one + "s")}");

    /// <summary>For example <c>3 threads and 1 async stack</c>, without what there is none of.</summary>
    public static string Counts(long threads, long asyncStacks) =>
        threads == 0 && asyncStacks == 0 ? ""
        : asyncStacks == 0 ? Count(threads, "thread")
        : threads == 0 ? Count(asyncStacks, "async stack")
        : $"{Count(threads, "thread")} and {Count(asyncStacks, "async stack")}";

    /// <summary>For example <c>MyApp.Program.Run() in /src/Program.cs:line 12</c>.</summary>
    public static string Location(DumpFrame frame) => frame.Source is { } source
        ? string.Create(CultureInfo.InvariantCulture, $"{frame.Method} in {source.Path}:line {source.Line}{(source.IsApproximate ? Approximate : "")}")
        : frame.Method.ToString();

    /// <summary>The same after <c>at</c>, or a text for no frame.</summary>
    public static string At(DumpFrame? frame) => frame is null ? "outside of the program's own code" : "at " + Location(frame);

    /// <summary>For example <c>sleeping</c>, or <c>waiting for a task</c>.</summary>
    public static string Doing(DumpThread thread) => thread switch
    {
        { WaitingFor: { Kind: WaitKind.Task } } => "waiting for a task",
        { WaitingFor: { Kind: WaitKind.MonitorWait } } => "waiting for a pulse",
        { WaitingFor: { Kind: WaitKind.SemaphoreSlim } } => "waiting for a semaphore",
        { WaitingFor: { Kind: WaitKind.ManualResetEventSlim } } => "waiting for an event",
        { WaitingFor: { Kind: WaitKind.StaticConstructor } } => "waiting for a static constructor",
        { WaitingFor: { Kind: WaitKind.CancellationCallback } } => "waiting for a cancellation callback",
        { WaitingFor: { Kind: WaitKind.Finalizers } } => "waiting for the finalizers",
        { WaitingFor: { Kind: WaitKind.ThreadJoin, Joined: { } joined } } => $"waiting for the end of {Describe(joined)}",
        { WaitingFor: { Lock: { } wanted, Kind: not WaitKind.MonitorWait } } => $"waiting for {Describe(wanted)}",
        { Activity: ThreadActivity.Running } => "running",
        { Activity: ThreadActivity.Waiting } => "waiting",
        { Activity: ThreadActivity.Sleeping } => "sleeping",
        { Activity: ThreadActivity.Blocked } => "blocked",
        { Activity: ThreadActivity.Stopped } => "stopped",
        _ => "in an unknown state",
    };

    /// <summary>For example <c>&lt;0x7f00&gt; (System.Object)</c>.</summary>
    public static string Describe(DumpLock known) => Describe(known.Address, known.Type);

    /// <summary>The same for any object, without the type if it is not known.</summary>
    public static string Describe(ObjectAddress address, string? type) => type is null ? $"<{address}>" : $"<{address}> ({type})";

    /// <summary>What a waiting thread does, up to the object: <c>to lock</c>, <c>for the end of</c>.</summary>
    public static string Purpose(WaitKind kind) => kind switch
    {
        WaitKind.MonitorEnter or WaitKind.LockEnter => "to lock",
        WaitKind.ReadLock => "to read",
        WaitKind.UpgradeableReadLock => "to read upgradeably",
        WaitKind.WriteLock => "to write",
        WaitKind.MonitorWait => "for a pulse of",
        WaitKind.ThreadJoin => "for the end of",
        _ => "for",
    };

    /// <summary>The relation between the lock and the threads that are waited for: <c>held by</c>.</summary>
    public static string Relation(DumpWait wait) => wait switch
    {
        { Lock.Owner: not null } => "held by",
        { Kind: WaitKind.WriteLock } => "read by",
        // A waiting writer blocks new readers.
        { Kind: WaitKind.ReadLock } => "behind",
        _ => "held by",
    };

    /// <summary>What a thread of a cycle waits for, for example <c>waits to lock &lt;0x7f00&gt; (System.Object) held by</c>.</summary>
    /// <param name="step">The thread and its wait.</param>
    /// <param name="show">Converts the lock's type for display; null to show it unchanged.</param>
    public static string Waits(DeadlockStep step, Func<string, string>? show = null) => step.Wait is var wait && DeadlockFindings.ContextOf(step) is { } context
        ? $"waits for {Tasks(wait, show)}, which must go on in the {context.Noun} {Describe(context.Object, Shown(context.Type, show))} of"
        : Waits(wait, show);

    /// <summary>The method that must go on in a context, and what to do about it.</summary>
    public static string Continues(CapturedContext context) =>
        $"{(context.Frame is { } frame ? Location(frame) : "an async method")} must go on there: `await` it instead of blocking, or use ConfigureAwait(false)";

    private static string Tasks(DumpWait wait, Func<string, string>? show) => wait.Object is { } task ? Describe(task, Shown(wait.ObjectType, show)) : "tasks";

    private static string Waits(DumpWait wait, Func<string, string>? show) => wait switch
    {
        { Lock: { } known } => $"waits {Purpose(wait.Kind)} {Describe(known.Address, Shown(known.Type, show))} {Relation(wait)}",
        { IsForRuntime: true } => $"waits {Purpose(wait.Kind)} {Unit(wait, show)}, run by",
        { Kind: WaitKind.WaitHandle, Object: { } mutex } => $"waits for {Describe(mutex, Shown(wait.ObjectType, show))} held by",
        { Kind: WaitKind.Task } => $"waits for {Tasks(wait, show)}, which needs",
        _ => $"waits {Purpose(wait.Kind)}",
    };

    /// <summary>What another thread runs, for example <c>the static constructor of MyApp.Settings</c>.</summary>
    public static string Unit(DumpWait wait, Func<string, string>? show = null) => wait switch
    {
        { Kind: WaitKind.StaticConstructor, ObjectType: { } type } => $"the static constructor of {Shown(type, show)}",
        { Kind: WaitKind.StaticConstructor } => "a static constructor",
        { Kind: WaitKind.CancellationCallback } => "a cancellation callback",
        _ => "the finalizers",
    };

    /// <summary>What a cycle consists of besides locks, for example <c> through a static constructor</c>; empty if it has only locks and threads.</summary>
    public static string Through(Deadlock deadlock)
    {
        string[] parts =
        [
            .. deadlock.Steps.Where(static s => s.Wait is { IsForRuntime: true } or { Kind: WaitKind.Task })
                .Select(static s => DeadlockFindings.ContextOf(s) is { } context ? "a " + context.Noun : s.Wait.Kind == WaitKind.Task ? "a task" : s.Wait.Kind == WaitKind.StaticConstructor ? "a static constructor" : Unit(s.Wait)).Distinct(),
        ];
        return parts.Length == 0 ? "" : " through " + string.Join(" and ", parts);
    }

    private static string? Shown(string? type, Func<string, string>? show) => type is not null && show is not null ? show(type) : type;

    /// <summary>For example <c>3 threads wait for each other</c>.</summary>
    public static string Cycle(Deadlock deadlock) => deadlock.Steps.Count == 1
        ? "a thread waits for itself"
        : $"{Count(deadlock.Steps.Count, "thread")} wait for each other";
}
