using System.Globalization;
using System.Text.Json;
using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>An async stack as the program says it is.</summary>
internal sealed record TruthStack(
    string Name,
    IReadOnlyList<TruthMark> Marks,
    string Kind,
    string? Operation,
    string? Type,
    bool IsDue,
    int? Pending,
    int? Total,
    IReadOnlyList<TruthStack> Unfinished,
    string? BlockedThread,
    string? RunningThread)
{
    /// <summary>Asks the program for all that it has, those apart that a thread runs.</summary>
    public static async Task<IReadOnlyList<TruthStack>> AllOfAsync(TargetProcess target)
    {
        using JsonDocument answer = JsonDocument.Parse(await target.CommandAsync("async"));
        TruthStack[] truth = answer.RootElement.GetProperty("stacks").Deserialize<TruthStack[]>(JsonSerializerOptions.Web)!;
        // They said that they would wait, and spin for a while before: that sleeps as well, for no time at all.
        string[] blocked = [.. truth.Select(t => t.BlockedThread).OfType<string>()];
        using var dumps = new LiveDumps(target.Pid, target.Describe, new CaptureOptions { AsyncStacks = AsyncStackMode.Never });
        if (blocked.Length > 0)
            await dumps.UntilAsync("threads that wait for async methods", d => blocked.All(name => d.Threads.Single(t => t.Name == name).WaitingFor is not null));
        return truth;
    }

    /// <summary>The methods in the form that dumps are compared in.</summary>
    public string Calls => string.Join(" < ", CallsOf(Marks.Select(m => (m.Method, m.Line)), Kind));

    /// <summary>All of it in the form that dumps are compared in.</summary>
    public string Text => TextWith(threads: true);

    /// <summary>The same, without the threads that wait for it where a runtime does not tell.</summary>
    public string TextWith(bool threads) => TextOf(
        Calls, Kind, Operation, Type, IsDue, Pending, Total, Unfinished.Select(u => u.Text), threads && BlockedThread is { } thread ? [thread] : []);

    /// <summary>What a dump says, in the same form. Methods of the platform count only where one of the program's stands further in.</summary>
    public static string TextOf(AsyncStack stack)
    {
        AsyncWait wait = stack.WaitingFor;
        return TextOf(
            CallsOf(stack),
            wait.Kind.ToString(),
            wait.Operation,
            wait.Kind == AsyncWaitKind.Other ? wait.Type : null,
            wait.DueIn is not null,
            wait.Pending,
            wait.Total,
            wait.Unfinished.Select(TextOf),
            stack.BlockedThreads.Select(t => t.Name ?? "?"));
    }

    public static string CallsOf(AsyncStack stack) => string.Join(
        " < ", CallsOf(stack.Frames.SkipWhile(IsOfPlatform).Where(f => !f.IsHidden).Select(f => (f.Method.FullName, f.Source?.Line ?? 0)), stack.WaitingFor.Kind.ToString()));

    public static bool IsOfPlatform(DumpFrame frame) => frame.Module is { IsOfPlatform: true };

    public override string ToString() => $"\"{Name}\": {Text}";

    /// <summary>A cycle has no beginning: both sides begin it at the same place.</summary>
    private static IEnumerable<string> CallsOf(IEnumerable<(string Method, int Line)> frames, string kind)
    {
        string[] calls = [.. frames.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Method.Replace("Stackflare.Targets.Shapes.Awaits.", "", StringComparison.Ordinal)}:{f.Line}"))];
        if (kind != nameof(AsyncWaitKind.Cycle))
            return calls;
        int first = Array.IndexOf(calls, calls.Min(StringComparer.Ordinal));
        return calls[first..].Concat(calls[..first]);
    }

    private static string TextOf(
        string calls, string kind, string? operation, string? type, bool isDue, int? pending, int? total, IEnumerable<string> unfinished, IEnumerable<string> threads)
    {
        string text = kind;
        if (operation is not null)
            text += "." + operation;
        if (type is not null)
            text += $" {type}";
        if (isDue)
            text += " with an end";
        if (pending is not null)
            text += string.Create(CultureInfo.InvariantCulture, $" {pending} of {total?.ToString(CultureInfo.InvariantCulture) ?? "?"} {{ {string.Join(", ", unfinished.Order(StringComparer.Ordinal))} }}");
        if (calls.Length > 0)
            text += $" < {calls}";
        return threads.Aggregate(text, (t, thread) => $"{t} < \"{thread}\"");
    }
}
