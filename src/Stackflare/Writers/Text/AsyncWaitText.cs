using Stackflare.Analysis;
using Stackflare.Model;

namespace Stackflare.Writers.Text;

/// <summary>Describes what async methods wait for.</summary>
internal static class AsyncWaitText
{
    /// <summary>What a group does, to follow its count: <c>waiting for Task.Delay, due in 59m3s</c>.</summary>
    /// <param name="group">The group.</param>
    /// <param name="reference">Returns the reference to a thread.</param>
    public static string Describe(AsyncStackGroup group, Func<DumpThread, string> reference)
    {
        bool one = group.Count == 1;
        return group.Wait.Kind switch
        {
            AsyncWaitKind.Ready => one
                ? "ready: what it waited for has completed, but no thread has continued it yet"
                : "ready: what they waited for has completed, but no thread has continued them yet",
            AsyncWaitKind.Running => $"running on {(group.Threads is { Count: > 0 } threads ? LockLines.References(threads, reference) : "a thread")}{Shared(group)}",
            AsyncWaitKind.Cycle => one ? "waiting for itself: it will never continue" : "waiting for themselves: they will never continue",
            _ => $"waiting for {Thing(group.Wait)}{RemoteEnds(group)}{Object(group)}{Channel(group)}{Progress(group)}{Due(group)}{Shared(group)}",
        };
    }

    /// <summary>What many stacks do, without objects, times and threads.</summary>
    public static string Describe(AsyncWait wait) => wait.Kind switch
    {
        AsyncWaitKind.Ready => "ready",
        AsyncWaitKind.Running => "running",
        AsyncWaitKind.Cycle => "waiting for itself",
        _ => $"waiting for {Thing(wait)}",
    };

    /// <summary>The same as a name in place of a frame, in brackets because it is not one: <c>[Task.Delay]</c>. Escaped.</summary>
    public static string Name(AsyncWait wait)
    {
        string name = wait.Kind switch
        {
            AsyncWaitKind.Delay => "Task.Delay",
            AsyncWaitKind.Timer => "PeriodicTimer",
            AsyncWaitKind.TaskCompletionSource => "TaskCompletionSource",
            AsyncWaitKind.Socket => "socket",
            AsyncWaitKind.Stream => "stream",
            AsyncWaitKind.SemaphoreSlim => "SemaphoreSlim",
            AsyncWaitKind.Channel => "channel",
            AsyncWaitKind.WhenAll => AllOf(wait),
            AsyncWaitKind.WhenAny => "Task.WhenAny",
            AsyncWaitKind.Work => "task of a delegate",
            AsyncWaitKind.Other when wait.Type is { } type => EscapedText.Plain(type),
            AsyncWaitKind.Other => "something",
            AsyncWaitKind.Ready => "ready",
            AsyncWaitKind.Running => "running",
            AsyncWaitKind.Cycle => "waits for itself",
            _ => "not known",
        };
        return wait.Operation is { } operation ? $"[{name}: {EscapedText.Plain(operation)}]" : $"[{name}]";
    }

    private static string Thing(AsyncWait wait) => wait.Kind switch
    {
        AsyncWaitKind.Delay => "Task.Delay",
        AsyncWaitKind.Timer => "PeriodicTimer",
        AsyncWaitKind.TaskCompletionSource => "TaskCompletionSource" + Result(wait.Type),
        AsyncWaitKind.Socket => With("a socket", wait.Operation, null),
        AsyncWaitKind.Stream => With("a stream", wait.Operation, wait.Type),
        AsyncWaitKind.SemaphoreSlim => "SemaphoreSlim.WaitAsync",
        AsyncWaitKind.Channel => With("a channel", wait.Operation, null),
        AsyncWaitKind.WhenAll => AllOf(wait),
        AsyncWaitKind.WhenAny => "Task.WhenAny",
        AsyncWaitKind.Work => $"a Task{Result(wait.Type)} that runs a delegate",
        AsyncWaitKind.Other => With(wait.Type is { } type ? LockLines.Type(type) : "something", wait.Operation, null),
        _ => With("an unknown object", wait.Operation, wait.Type),
    };

    private static string AllOf(AsyncWait wait) => wait.Type == AsyncWait.ParallelLoop ? "Parallel.ForEachAsync" : "Task.WhenAll";

    /// <summary>How full the channel is, and how many wait for it.</summary>
    private static string Channel(AsyncStackGroup group)
    {
        if (group.Channel is not { } wait)
            return "";
        string items = wait switch
        {
            { Items: { } count, Capacity: { } capacity } => FormattableString.Invariant($", {(count == capacity ? "full: " : count == 0 ? "empty: " : "")}{count:N0} of {DiagnosisText.Count(capacity, "item")}"),
            { Items: 0 } => ", empty",
            _ => "",
        };
        string writers = wait.Writers > 0 ? $", {DiagnosisText.Count(wait.Writers.Value, "writer waits", "writers wait")}" : "";
        return items + writers + (wait.Readers > 0 ? $", {DiagnosisText.Count(wait.Readers.Value, "reader waits", "readers wait")}" : "");
    }

    private static string With(string thing, string? operation, string? type)
    {
        string[] details = [.. new[] { operation, type }.OfType<string>().Select(LockLines.Type)];
        return details.Length == 0 ? thing : $"{thing} ({string.Join(", ", details)})";
    }

    /// <summary>The result type of a task, as <c>&lt;System.String&gt;</c>; any other type in brackets; empty if there is no result.</summary>
    private static string Result(string? type)
    {
        const string Tasks = "System.Threading.Tasks.";
        if (type is null or Tasks + "Task" or Tasks + "TaskCompletionSource" or Tasks + "Task`1[" + Tasks + "VoidTaskResult]")
            return "";
        foreach (string generic in (string[])[Tasks + "Task`1[", Tasks + "TaskCompletionSource`1["])
        {
            if (type.StartsWith(generic, StringComparison.Ordinal) && type.EndsWith(']'))
                return $"<{LockLines.Type(type[generic.Length..^1])}>";
        }
        return $" ({LockLines.Type(type)})";
    }

    /// <summary>The object or objects, if that is useful.</summary>
    private static string Object(AsyncStackGroup group)
    {
        if (group.Wait.Kind is not (AsyncWaitKind.SemaphoreSlim or AsyncWaitKind.TaskCompletionSource or AsyncWaitKind.Work or AsyncWaitKind.Other) && !group.Wait.IsOfChannel)
            return "";
        List<ObjectAddress> objects = group.Objects();
        if (objects.Count == 1 && group.HasObjects)
            return $" <{objects[0]}>";
        // Each method has its own task, so their number says nothing. Several semaphores are worth a note.
        return objects.Count > 1 && group.Wait.Kind is AsyncWaitKind.SemaphoreSlim or AsyncWaitKind.Channel
            ? FormattableString.Invariant($", {objects.Count:N0} different ones")
            : "";
    }

    /// <summary>Says so if several stacks wait for one call: twenty waiters are not twenty calls.</summary>
    private static string Shared(AsyncStackGroup group)
    {
        int calls = group.Calls();
        return calls == 0 || calls >= group.Count
            ? ""
            : $", in {(calls == 1 ? "one call" : FormattableString.Invariant($"{calls:N0} calls"))} of {EscapedText.Plain(group.First.Frames[0].Method.FullName)}";
    }

    /// <summary>The other ends of the connections, those of most stacks first.</summary>
    private static string RemoteEnds(AsyncStackGroup group)
    {
        const int Most = 3;
        List<(string End, long Count)> ends = group.RemoteEnds();
        if (ends.Count == 0)
            return "";
        string some = string.Join(", ", ends.Take(Most).Select(e => EscapedText.Plain(e.End) + (e.Count == group.Count ? "" : FormattableString.Invariant($" ({e.Count:N0})"))));
        return $" {(group.Wait.Operation is "Connect" or "Send" or "SendTo" or "SendPackets" ? "to" : "from")} {some}{(ends.Count > Most ? FormattableString.Invariant($" and {ends.Count - Most:N0} more") : "")}";
    }

    /// <summary>How many tasks have completed, for each stack.</summary>
    private static string Progress(AsyncStackGroup group) => (Range(group, static w => w.Done), Range(group, static w => w.Total), Range(group, static w => w.Pending)) switch
    {
        ({ } done, { } total, _) => $", {done} of {total} done",
        (_, _, { } pending) => $", {pending} not done",
        _ => "",
    };

    private static string? Range(AsyncStackGroup group, Func<AsyncWait, int?> number)
    {
        (int? least, int? most) = (null, null);
        foreach (var (stack, _) in group.Stacks)
        {
            if (number(stack.WaitingFor) is { } one)
                (least, most) = (Math.Min(one, least ?? one), Math.Max(one, most ?? one));
        }
        return least is null ? null : least == most ? FormattableString.Invariant($"{least:N0}") : FormattableString.Invariant($"{least:N0} to {most:N0}");
    }

    private static string Due(AsyncStackGroup group)
    {
        DueTimes due = group.Due();
        bool isLimit = group.Wait.Kind is not (AsyncWaitKind.Delay or AsyncWaitKind.Timer);
        string ahead = due.Ahead == 0 ? "" : $", {Some(due.Ahead)}{(isLimit ? "giving up in" : "due in")} {Range(due.First, due.Last)}";
        string over = due.Over == 0 ? "" : $", {Some(due.Over)}{Over(Since(due.Latest), Since(due.Earliest), isLimit)}";
        return ahead + over;

        string Some(long some) => some == group.Count ? "" : FormattableString.Invariant($"{some:N0} of them ");
    }

    private static string Over(TimeSpan least, TimeSpan most, bool isLimit) => most < TimeSpan.FromMilliseconds(1)
        ? isLimit ? "at the time limit" : "due now"
        : $"{(isLimit ? "past the time limit by" : "overdue by")} {Range(least, most)}";

    /// <remarks><see cref="TimeSpan.MinValue"/> has no negation.</remarks>
    private static TimeSpan Since(TimeSpan due) => due == TimeSpan.MinValue ? TimeSpan.MaxValue : due.Duration();

    private static string Range(TimeSpan least, TimeSpan most) =>
        Durations.Until(least) is var from && Durations.Until(most) is var to && from == to ? from : $"{from} to {to}";
}
