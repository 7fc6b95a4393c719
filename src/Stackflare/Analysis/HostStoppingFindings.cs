using System.Globalization;

namespace Stackflare.Analysis;

/// <summary>Finds what a host that stops, or a process that exits, waits for: a service, requests in flight, or a handler.</summary>
internal static class HostStoppingFindings
{
    private const int MaxRequests = 3, MaxDepth = 4;

    private const string Server = "Microsoft.AspNetCore.Server.Kestrel.Core.";

    /// <summary>Methods of the framework that call the program when it is to end.</summary>
    private static readonly HashSet<string> StopMethods =
    [
        "Microsoft.Extensions.Hosting.Internal.Host.StopAsync",
        "Microsoft.Extensions.Hosting.Internal.Host.DisposeAsync",
        "Microsoft.Extensions.Hosting.Internal.Host.Dispose",
        "Microsoft.Extensions.Hosting.Internal.ApplicationLifetime.StopApplication",
    ];

    private const string ExitMethod = "System.AppContext.OnProcessExit";

    public static IEnumerable<Finding> In(ThreadDump dump)
    {
        var waits = new List<Wait>();
        foreach (DumpThread thread in dump.Threads)
            Add(waits, [.. thread.Frames, .. thread.AsyncCallers], thread);
        foreach (AsyncStack stack in dump.AsyncStacks)
            AddAll(waits, stack, [], MaxDepth);
        return waits.GroupBy(static w => w.Summary).Select(g => ForWait(g.Key, [.. g], dump));
    }

    /// <summary>The stacks of the tasks behind a <c>WhenAll</c> end in the stack that waits for it.</summary>
    private static void AddAll(List<Wait> waits, AsyncStack stack, IReadOnlyList<DumpFrame> outer, int depth)
    {
        IReadOnlyList<DumpFrame> frames = outer.Count == 0 ? stack.Frames : [.. stack.Frames, .. outer];
        int before = waits.Count;
        if (depth > 0)
        {
            foreach (AsyncStack part in stack.WaitingFor.Unfinished)
                AddAll(waits, part, frames, depth - 1);
        }
        if (waits.Count == before)
            Add(waits, frames, stack.WaitingFor.Thread);
    }

    private static void Add(List<Wait> waits, IReadOnlyList<DumpFrame> frames, DumpThread? thread)
    {
        int stop = 0;
        while (stop < frames.Count && !StopMethods.Contains(frames[stop].Method.FullName) && !IsExit(frames, stop))
            stop++;
        if (stop == frames.Count)
            return;
        bool isExit = IsExit(frames, stop);
        DumpFrame[] program = [.. frames.Take(stop).Where(static f => f is { IsHidden: false, Module.IsOfPlatform: false, Kind: not FrameKind.PInvoke })];
        string what = isExit ? "The process exits and waits for" : "The host stops and waits for";
        if (program.Length > 0)
            waits.Add(new($"{what} {program[^1].Method.FullName}", program[0], thread));
        else if (!isExit && frames.Take(stop).Any(static f => f.Method.DeclaringType.StartsWith(Server, StringComparison.Ordinal)))
            waits.Add(new($"{what} the requests of the web server", null, thread));
    }

    /// <summary>Whether a thread runs a handler of <see cref="AppDomain.ProcessExit"/>.</summary>
    public static bool IsExitHandler(DumpThread thread) => Enumerable.Range(0, thread.Frames.Count).Any(i => IsExit(thread.Frames, i));

    /// <summary>Whether a frame is of the exit of the process. The framework's method that calls the handlers calls the last one in its own place.</summary>
    private static bool IsExit(IReadOnlyList<DumpFrame> frames, int index) => frames[index].Kind == FrameKind.Native
        ? index > 0 && IsEventHandler(frames[index - 1])
        : frames[index].Method.FullName == ExitMethod;

    /// <summary>For example <c>OnExit(Object sender, EventArgs e)</c>.</summary>
    private static bool IsEventHandler(DumpFrame frame) => frame is { Module.IsOfPlatform: false, Method.Parameters: { } parameters }
        && parameters.StartsWith("Object ", StringComparison.Ordinal) && parameters.Contains(", EventArgs ", StringComparison.Ordinal) && parameters.AsSpan().Count(',') == 1;

    private static Finding ForWait(string summary, Wait[] waits, ThreadDump dump)
    {
        DumpFrame? place = waits[0].Place;
        RequestInFlight[] requests = place is null ? [.. dump.Requests.Where(static r => !r.IsUpgraded)] : [];
        List<string> evidence =
        [
            place is null ? $"{DiagnosisText.Count(requests.Length, "request")} in flight" : DiagnosisText.At(place),
            .. requests.Take(MaxRequests).Select(Describe),
        ];
        DumpThread[] threads = [.. waits.Select(static w => w.Thread).OfType<DumpThread>().Distinct()];
        return new Finding(FindingKind.HostStopping, summary, evidence, threads)
        {
            Count = waits.Length,
            Frames = place is null ? [.. requests.Select(PlaceOf).OfType<DumpFrame>().Take(1).Select(static f => new FindingFrame(f, 1))] : [new FindingFrame(place, waits.Length)],
        };
    }

    private static string Describe(RequestInFlight request)
    {
        string name = request.Method is null ? "a request" : $"{request.Method} {request.Path}";
        string age = request.Age is { } time ? string.Create(CultureInfo.InvariantCulture, $" for {time.TotalSeconds:0} s") : "";
        return $"{name}{age} {DiagnosisText.At(PlaceOf(request))}";
    }

    private static DumpFrame? PlaceOf(RequestInFlight request) =>
        request.Thread?.ProgramFrameFrom(0) ?? request.AsyncStack?.Frames.FirstOrDefault(static f => f is { IsHidden: false, Module.IsOfPlatform: false });

    /// <param name="Summary">What is waited for.</param>
    /// <param name="Place">The innermost frame of the program; null if the web server waits for its requests.</param>
    /// <param name="Thread">The thread that runs or blocks there, if one does.</param>
    private readonly record struct Wait(string Summary, DumpFrame? Place, DumpThread? Thread);
}
