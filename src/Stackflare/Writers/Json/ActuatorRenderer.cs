using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stackflare.Writers.Json;

/// <summary>
/// The threads in the JSON that Spring Boot's actuator and Steeltoe return for <c>/actuator/threaddump</c>, so that readers of it can show them. The names of
/// properties and states are those of Java's <c>ThreadInfo</c>, <c>StackTraceElement</c>, <c>LockInfo</c> and <c>MonitorInfo</c>.
/// </summary>
/// <remarks>Optional properties whose value is not known are left out; numbers that must be there are -1.</remarks>
internal sealed class ActuatorRenderer
{
    private const int Unknown = -1;
    private const string UnknownType = "?";

    /// <summary>Java's line number of a native method.</summary>
    private const int NativeLine = -2;

    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Utf8JsonWriter _json;
    private readonly bool _showsHidden;

    private ActuatorRenderer(Utf8JsonWriter json, bool showsHidden) => (_json, _showsHidden) = (json, showsHidden);

    public static void Write(ThreadDump dump, RenderOptions options, PooledBytes bytes)
    {
        using (var json = new Utf8JsonWriter(bytes, Options))
            new ActuatorRenderer(json, options.ShowHidden).Write(dump);

        bytes.GetSpan(1)[0] = (byte)'\n';
        bytes.Advance(1);
    }

    private void Write(ThreadDump dump)
    {
        _json.WriteStartObject();
        _json.WriteStartArray("threads");
        foreach (DumpThread thread in dump.Threads)
        {
            if (_showsHidden || !thread.IsOwn)
                WriteThread(thread);
        }
        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteThread(DumpThread thread)
    {
        _json.WriteStartObject();
        _json.WriteString("threadName", thread.DisplayName);
        // The kernel's id: it is known for each thread, and top and ps show it.
        _json.WriteNumber("threadId", thread.OsId.Value);
        _json.WriteNumber("blockedTime", Unknown);
        _json.WriteNumber("blockedCount", Unknown);
        _json.WriteNumber("waitedTime", Unknown);
        _json.WriteNumber("waitedCount", Unknown);
        WriteWait(thread.WaitingFor);
        if (thread.IsBackground is { } isBackground)
            _json.WriteBoolean("daemon", isBackground);
        _json.WriteBoolean("inNative", thread.Frames is [{ Kind: FrameKind.Native }, ..]);
        _json.WriteBoolean("suspended", thread.Activity == ThreadActivity.Stopped);
        _json.WriteString("threadState", State(thread));
        _json.WriteStartArray("stackTrace");
        foreach (DumpFrame frame in thread.Frames)
        {
            if (IsShown(frame))
                WriteFrame(frame);
        }
        _json.WriteEndArray();
        WriteHeld(thread);
        _json.WriteEndObject();
    }

    /// <summary>What the thread waits for, if it is an object; otherwise only that no thread is known to hold it.</summary>
    private void WriteWait(DumpWait? wait)
    {
        DumpThread? owner = wait?.Lock?.Owner;
        if ((wait?.Lock?.Address ?? wait?.Object) is { } address)
        {
            string type = wait!.Lock?.Type ?? wait.ObjectType ?? UnknownType;
            _json.WriteString("lockName", string.Create(CultureInfo.InvariantCulture, $"{type}@{IdentityOf(address):x}"));
            _json.WriteStartObject("lockInfo");
            WriteIdentity(type, address);
            _json.WriteEndObject();
        }
        _json.WriteNumber("lockOwnerId", owner?.OsId.Value ?? Unknown);
        if (owner is not null)
            _json.WriteString("lockOwnerName", owner.DisplayName);
    }

    private void WriteHeld(DumpThread thread)
    {
        _json.WriteStartArray("lockedMonitors");
        foreach (HeldLock held in thread.HeldLocks.Where(static h => h.Lock.Kind == LockKind.Monitor))
        {
            _json.WriteStartObject();
            WriteIdentity(held.Lock.Type ?? UnknownType, held.Lock.Address);
            DumpFrame? frame = held.FrameIndex is { } index && index < thread.Frames.Count && IsShown(thread.Frames[index]) ? thread.Frames[index] : null;
            // An index into the stack trace, which does not have the hidden frames.
            _json.WriteNumber("lockedStackDepth", frame is null ? Unknown : thread.Frames.Take(held.FrameIndex!.Value).Count(IsShown));
            if (frame is not null)
            {
                _json.WritePropertyName("lockedStackFrame");
                WriteFrame(frame);
            }
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
        _json.WriteStartArray("lockedSynchronizers");
        foreach (HeldLock held in thread.HeldLocks.Where(static h => h.Lock.Kind != LockKind.Monitor))
        {
            _json.WriteStartObject();
            WriteIdentity(held.Lock.Type ?? UnknownType, held.Lock.Address);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    private void WriteIdentity(string type, ObjectAddress address)
    {
        _json.WriteString("className", type);
        _json.WriteNumber("identityHashCode", IdentityOf(address));
    }

    private void WriteFrame(DumpFrame frame)
    {
        bool isNative = frame.Kind == FrameKind.Native;
        _json.WriteStartObject();
        _json.WriteString("className", frame.Method.DeclaringType.Length > 0 ? frame.Method.DeclaringType : isNative ? "[native]" : "[dynamic]");
        _json.WriteString("methodName", frame.Method.Name);
        if (frame.Source is { } source)
            _json.WriteString("fileName", FileName(source.Path));
        _json.WriteNumber("lineNumber", frame.Source?.Line ?? (isNative ? NativeLine : Unknown));
        if (frame.Module is { } module)
            _json.WriteString("moduleName", module.Name);
        _json.WriteBoolean("nativeMethod", isNative);
        _json.WriteEndObject();
    }

    private bool IsShown(DumpFrame frame) => _showsHidden || !frame.IsHidden;

    /// <summary>The last part of a path of any system.</summary>
    private static string FileName(string path) => path[(path.AsSpan().LastIndexOfAny('/', '\\') + 1)..];

    /// <summary>A positive number that is the same for the same object. Objects are aligned, so the last bits are always 0.</summary>
    private static int IdentityOf(ObjectAddress address) => (int)((address.Value >> 3) & int.MaxValue);

    private static string State(DumpThread thread) => thread.Activity switch
    {
        ThreadActivity.Blocked => "BLOCKED",
        ThreadActivity.Waiting or ThreadActivity.Sleeping when thread.WaitingFor is { Timeout: { } timeout } && timeout != Timeout.InfiniteTimeSpan => "TIMED_WAITING",
        ThreadActivity.Waiting => "WAITING",
        // Without a known time, a sleep has one.
        ThreadActivity.Sleeping => thread.WaitingFor?.Timeout is null ? "TIMED_WAITING" : "WAITING",
        // A thread in native code is RUNNABLE in Java, whatever it does there.
        _ => "RUNNABLE",
    };
}
