using System.Globalization;

namespace Stackflare.Analysis;

/// <summary>Finds what a host that stops, or a process that exits, waits for: a service, requests in flight, or a handler.</summary>
internal static class HostStoppingFindings
{
    private const int MaxRequests = 3, MaxDepth = 4, MaxStacks = 200_000;

    private const string Server = "Microsoft.AspNetCore.Server.Kestrel.Core.";

    public static IEnumerable<Finding> In(ThreadDump dump)
    {
        var waits = new List<Wait>();
        foreach (DumpThread thread in dump.Threads)
        {
            // The async callers call a frame that need not be the outermost one.
            int end = thread.AsyncCallers.Count > 0 ? (thread.AwaitedFrameIndex ?? thread.Frames.Count - 1) + 1 : 0;
            if (end == 0 || !TryAdd(waits, [.. thread.Frames.Take(end), .. thread.AsyncCallers], end, thread))
                TryAdd(waits, thread.Frames, thread.Frames.Count, thread);
        }
        int left = MaxStacks;
        foreach (AsyncStack stack in dump.AsyncStacks)
            AddAll(waits, stack, [], MaxDepth, ref left);
        return waits.GroupBy(static w => w.Summary).Select(g => ForWait(g.Key, [.. g], dump));
    }

    /// <summary>Whether a thread runs a handler of <see cref="AppDomain.ProcessExit"/>.</summary>
    public static bool IsExitHandler(DumpThread thread) => Enumerable.Range(0, thread.Frames.Count).Any(i => IsExit(thread.Frames, i));

    /// <summary>The stacks of the tasks behind a <c>WhenAll</c> go on in the stack that waits for it.</summary>
    /// <param name="waits">Gets what is found.</param>
    /// <param name="stack">The stack.</param>
    /// <param name="outer">The frames of the stacks that wait for this one, up to the one that stops the host; empty if none does.</param>
    /// <param name="depth">How much deeper to look.</param>
    /// <param name="left">How many stacks to look at.</param>
    private static void AddAll(List<Wait> waits, AsyncStack stack, IReadOnlyList<DumpFrame> outer, int depth, ref int left)
    {
        if (left-- <= 0)
            return;
        int stop = StopIn(stack.Frames, physical: 0);
        IReadOnlyList<DumpFrame> frames = stop < stack.Frames.Count ? [.. stack.Frames.Take(stop + 1)] : outer.Count == 0 ? [] : [.. stack.Frames, .. outer];
        int before = waits.Count;
        if (depth > 0)
        {
            foreach (AsyncStack part in stack.WaitingFor.Unfinished)
                AddAll(waits, part, frames, depth - 1, ref left);
        }
        if (waits.Count == before)
            TryAdd(waits, frames, 0, stack.WaitingFor.Thread);
    }

    /// <param name="waits">Gets what is found.</param>
    /// <param name="frames">The frames, innermost first.</param>
    /// <param name="physical">How many of them are on a thread's stack; async callers follow.</param>
    /// <param name="thread">The thread that runs or blocks there, if one does.</param>
    private static bool TryAdd(List<Wait> waits, IReadOnlyList<DumpFrame> frames, int physical, DumpThread? thread)
    {
        int stop = StopIn(frames, physical);
        if (stop == frames.Count)
            return false;
        bool isExit = IsExit(frames, stop);
        DumpFrame[] program = [.. frames.Take(stop).Where(static f => f is { IsHidden: false, Module.IsOfPlatform: false, Kind: not FrameKind.PInvoke })];
        string what = isExit ? "The process exits and waits for" : "The host stops and waits for";
        if (program.Length > 0)
            waits.Add(new($"{what} {program[^1].Method.FullName}", program[0], thread));
        else if (!isExit && frames.Take(stop).Any(static f => f.Method.DeclaringType.StartsWith(Server, StringComparison.Ordinal)))
            waits.Add(new($"{what} the requests of the web server", null, thread));
        else
            return false;
        return true;
    }

    /// <summary>The innermost frame that stops a host or ends the process; the number of frames if there is none.</summary>
    private static int StopIn(IReadOnlyList<DumpFrame> frames, int physical)
    {
        int stop = 0;
        while (stop < frames.Count && !IsExit(frames, stop) && !(StopsHost(frames[stop].Method) && !(stop > 0 && stop < physical && Completes(frames[stop - 1]))))
            stop++;
        return stop;
    }

    /// <summary>Whether a method of the framework calls the program when it is to end. Nearly every method differs by its name already.</summary>
    private static bool StopsHost(MethodName method) => method
        is { Name: "StopAsync" or "DisposeAsync" or "Dispose", DeclaringType: "Microsoft.Extensions.Hosting.Internal.Host" }
        or { Name: "StopApplication", DeclaringType: "Microsoft.Extensions.Hosting.Internal.ApplicationLifetime" };

    /// <summary>Whether a frame completes the task of its caller, which has ended: what awaits the task goes on in the same stack.</summary>
    private static bool Completes(DumpFrame frame) => frame.Module is { IsOfPlatform: true }
        && frame.Method.Name is "SetResult" or "SetExistingTaskResult" or "SetException" or "TrySetResult" or "TrySetException" or "RunContinuations" or "FinishContinuations";

    /// <summary>
    /// Whether a frame is of the exit of the process. The framework's method that calls the handlers calls the last one in its own place, so that it is between the handler and native code. Native
    /// code calls other methods as well, for example those of a call by reflection.
    /// </summary>
    private static bool IsExit(IReadOnlyList<DumpFrame> frames, int index)
    {
        if (frames[index].Kind != FrameKind.Native)
            return frames[index].Method is { Name: "OnProcessExit", DeclaringType: "System.AppContext" };
        return index > 0 && IsEventHandler(frames[index - 1])
            && (index == frames.Count - 1 || frames[index + 1].Method is { DeclaringType: "System.Environment", Name: "Exit" or "_Exit" });
    }

    /// <summary>For example <c>OnExit(Object sender, EventArgs e)</c>. A redacted dump has no names of parameters.</summary>
    private static bool IsEventHandler(DumpFrame frame) => frame is { Module.IsOfPlatform: false, Method.Parameters: { } parameters }
        && parameters.Split(", ") is [var sender, var arguments] && sender.Split(' ') is ["Object", ..] && arguments.Split(' ') is ["EventArgs", ..];

    private static Finding ForWait(string summary, Wait[] waits, ThreadDump dump)
    {
        DumpThread[] threads = [.. waits.Select(static w => w.Thread).OfType<DumpThread>().Distinct()];
        if (waits[0].Place is { } place)
            return new Finding(FindingKind.HostStopping, summary, [DiagnosisText.At(place)], threads) { Count = waits.Length, Frames = [new FindingFrame(place, waits.Length)] };
        DumpFrame? oldest = dump.Requests.Where(static r => !r.IsUpgraded).Select(PlaceOf).FirstOrDefault(static f => f is not null);
        return new Finding(FindingKind.HostStopping, summary, [.. DescribeAll(dump.Requests)], threads)
        {
            Count = waits.Length,
            Frames = oldest is null ? [] : [new FindingFrame(oldest, 1)],
        };
    }

    private static IEnumerable<string> DescribeAll(IReadOnlyList<RequestInFlight> requests)
    {
        int upgraded = requests.Count(static r => r.IsUpgraded), others = requests.Count - upgraded;
        if (others > 0)
            yield return $"{DiagnosisText.Count(others, "request")} in flight";
        foreach (RequestInFlight request in requests.Where(static r => !r.IsUpgraded).Take(MaxRequests))
            yield return Describe(request);
        if (upgraded > 0)
            yield return $"{DiagnosisText.Count(upgraded, "connection is", "connections are")} used for something else, for example a WebSocket";
        if (requests.Count == 0)
            yield return "no request in flight is known: a connection may still be open";
    }

    private static string Describe(RequestInFlight request)
    {
        string name = request.Method is null ? "a request" : $"{request.Method} {request.Path}";
        string age = request.Age is { } time ? string.Create(CultureInfo.InvariantCulture, $" for {time.TotalSeconds:0} s") : "";
        return $"{name}{age} {DiagnosisText.At(PlaceOf(request))}";
    }

    private static DumpFrame? PlaceOf(RequestInFlight request) =>
        request.Thread?.ProgramFrameFrom(0) ?? request.AsyncStack?.ProgramFrame;

    /// <param name="Summary">What is waited for.</param>
    /// <param name="Place">The innermost frame of the program; null if the web server waits for its requests.</param>
    /// <param name="Thread">The thread that runs or blocks there, if one does.</param>
    private readonly record struct Wait(string Summary, DumpFrame? Place, DumpThread? Thread);
}
