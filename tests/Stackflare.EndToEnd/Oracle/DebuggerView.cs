using System.Globalization;
using System.Reflection;
using Microsoft.Diagnostics.Runtime;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Oracle;

/// <summary>
/// Every stack of a target by way of the runtime's debugging interface: code that shares nothing with the library, and stops
/// the target while it reads.
/// </summary>
internal static class DebuggerView
{
    private const int MostFrames = 100_000, Looks = 5;
    private const string Library = "libmscordaccore.so";

    /// <summary>
    /// Attaches, reads, detaches. Synchronous throughout: only the thread that attached may trace. The process must not be a child of this one; see
    /// <see cref="TargetOptions.Grandchild"/>: the wait for its stop could last for ever.
    /// </summary>
    public static T Read<T>(int pid, Func<ClrRuntime, T> read)
    {
        Assert.NotEqual(Environment.ProcessId, ParentOf(pid));
        using var process = DataTarget.AttachToProcess(pid, suspend: true);
        using var runtime = process.ClrVersions.Single().CreateRuntime(DebuggingLibrary(pid), ignoreMismatch: true);
        return read(runtime);
    }

    /// <summary>The stacks of all threads.</summary>
    public static IReadOnlyList<OracleThread> Of(TargetProcess target) => Of(target.Pid);

    /// <summary>
    /// The stacks of all threads. On a busy machine the debugging interface sometimes sees no frame of any thread: then it has not looked, and
    /// looks again.
    /// </summary>
    public static IReadOnlyList<OracleThread> Of(int pid)
    {
        for (int look = 0; look < Looks; look++)
        {
            var threads = Look(pid);
            if (threads.Any(t => t.Frames.Count > 0))
                return threads;
        }
        throw new InvalidOperationException($"The debugging interface saw no frame of process {pid} in {Looks} looks.");
    }

    /// <summary>The stacks of all threads in a core.</summary>
    /// <param name="core">The file.</param>
    /// <param name="runtime">The folder of the runtime.</param>
    public static IReadOnlyList<OracleThread> OfCore(string core, string runtime) => ReadCore(core, runtime, ThreadsOf);

    /// <summary>Reads a core by the debugging library that lies beside its runtime.</summary>
    public static T ReadCore<T>(string core, string runtime, Func<ClrRuntime, T> read)
    {
        using var process = DataTarget.LoadDump(core);
        using ClrRuntime opened = process.ClrVersions.Single().CreateRuntime(Path.Combine(runtime, Library), ignoreMismatch: true);
        return read(opened);
    }

    private static IReadOnlyList<OracleThread> Look(int pid) => Read(pid, ThreadsOf);

    private static IReadOnlyList<OracleThread> ThreadsOf(ClrRuntime runtime) =>
    [
        .. runtime.Threads.Where(t => t.IsAlive).Select(t => new OracleThread(
            (int)t.OSThreadId,
            t.ManagedThreadId,
            t.CurrentException?.Type.Name,
            [.. FramesOf(t)])),
    ];

    /// <summary>The frames of a thread. The same record of a call of native code can come twice in a row.</summary>
    private static IEnumerable<OracleFrame> FramesOf(ClrThread thread)
    {
        ulong last = 0;
        foreach (ClrStackFrame frame in thread.EnumerateStackTrace(includeContext: false, MostFrames))
        {
            if (FrameOf(frame) is { } known && (known.Address != 0 || frame.StackPointer != last))
                yield return known;
            last = frame.StackPointer;
        }
    }

    /// <summary>A managed frame, or the runtime's record of a call of native code; null for its other records. CoreLib's own calls are none of the dump's.</summary>
    private static OracleFrame? FrameOf(ClrStackFrame frame) => frame switch
    {
        { Method: null } => null,
        { Kind: ClrStackFrameKind.ManagedMethod, Method: { } method } => new OracleFrame(method.MetadataToken, frame.InstructionPointer, method.Signature ?? ""),
        { FrameName: "InlinedCallFrame", Method: { } method } when method.Attributes.HasFlag(MethodAttributes.PinvokeImpl) && !IsOfCoreLib(method) => new OracleFrame(method.MetadataToken, 0, method.Signature ?? ""),
        _ => null,
    };

    private static bool IsOfCoreLib(ClrMethod method) => Path.GetFileName(method.Type.Module?.Name) == "System.Private.CoreLib.dll";

    /// <summary>The process's parent. What stands before it in the file, the name in parentheses, may have spaces.</summary>
    private static int ParentOf(int pid) =>
        int.Parse(File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1].Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>The library that understands this very runtime lies beside it.</summary>
    private static string DebuggingLibrary(int pid)
    {
        var runtime = ProcessFigures.Of(pid).Mappings.First(m => m.EndsWith("/libcoreclr.so", StringComparison.Ordinal));
        return Path.Combine(Path.GetDirectoryName(runtime)!, Library);
    }
}
