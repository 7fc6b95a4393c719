using System.Globalization;

namespace Stackflare.Diagnosis;

/// <summary>How findings name things. Texts out of the program are as they are: who renders them escapes them.</summary>
internal static class Words
{
    /// <summary>For example <c>"worker" #7</c>.</summary>
    public static string Of(DumpThread thread) => thread.ManagedId is { } id
        ? $"\"{thread.DisplayName}\" #{id}"
        : $"\"{thread.DisplayName}\" tid={thread.OsId}";

    /// <summary>For example <c>3 threads</c>.</summary>
    public static string Count(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {(count == 1 ? one : many ?? one + "s")}");

    /// <summary>For example <c>MyApp.Program.Run() in /src/Program.cs:line 12</c>.</summary>
    public static string Place(DumpFrame frame) => frame.Source is { } source
        ? string.Create(CultureInfo.InvariantCulture, $"{frame.Method} in {source.Path}:line {source.Line}")
        : frame.Method.ToString();

    /// <summary>The same after <c>at</c>; where there is no such frame, says so.</summary>
    public static string At(DumpFrame? frame) => frame is null ? "outside of the program's own code" : "at " + Place(frame);

    /// <summary>For example <c>sleeping</c>, or <c>waiting for a task</c>.</summary>
    public static string Doing(DumpThread thread) => thread switch
    {
        { WaitingFor: { Kind: WaitKind.Task } } => "waiting for a task",
        { WaitingFor: { Kind: WaitKind.ThreadJoin, Joined: { } joined } } => $"waiting for the end of {Of(joined)}",
        { WaitingFor: { Lock: { } wanted, Kind: not WaitKind.MonitorWait } } => $"waiting for {Of(wanted)}",
        { Activity: ThreadActivity.Running } => "running",
        { Activity: ThreadActivity.Waiting } => "waiting",
        { Activity: ThreadActivity.Sleeping } => "sleeping",
        { Activity: ThreadActivity.Blocked } => "blocked",
        { Activity: ThreadActivity.Stopped } => "stopped",
        _ => "standing",
    };

    /// <summary>For example <c>&lt;0x7f00&gt; (System.Object)</c>.</summary>
    public static string Of(DumpLock known) => $"<{known.Address}> ({known.Type ?? "?"})";

    /// <summary>What a thread of a circle waits for, for example <c>waits to lock &lt;0x7f00&gt; (System.Object) held by</c>.</summary>
    public static string Waits(DumpWait wait) => wait switch
    {
        { Kind: WaitKind.ThreadJoin } => "waits for the end of",
        { Kind: WaitKind.ReadLock, Lock: { Owner: null } known } => $"waits to read {Of(known)}, after",
        { Kind: WaitKind.ReadLock, Lock: { } known } => $"waits to read {Of(known)} held by",
        { Kind: WaitKind.WriteLock, Lock: { Owner: null } known } => $"waits to write {Of(known)} read by",
        { Kind: WaitKind.WriteLock, Lock: { } known } => $"waits to write {Of(known)} held by",
        { Lock: { } known } => $"waits to lock {Of(known)} held by",
        _ => "waits for",
    };
}
