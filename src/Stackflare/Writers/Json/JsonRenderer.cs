using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stackflare.Analysis;
using Stackflare.Views;

namespace Stackflare.Writers.Json;

/// <summary>
/// The whole dump for programs, by docs/schema/thread-dump-v1.schema.json. Frames are in a table once, and stacks
/// refer to them by index: a thousand threads of a hundred frames have a few hundred distinct frames.
/// </summary>
internal sealed class JsonRenderer
{
    internal const string SchemaId = "urn:stackflare:schema:thread-dump-v1";
    internal const int Version = 1;

    // The relaxed encoder keeps <, > and ' readable, which are frequent in generic and compiler-generated names. The result
    // is not a part of an HTML page. The encoder still escapes control characters and lone surrogates.
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly DumpView _view;
    private readonly ThreadDump _dump;
    private readonly Utf8JsonWriter _json;
    private readonly FrameTable _frames = new();
    private readonly JsonLocks _locks;

    private readonly JsonStacks _stacks;

    private JsonRenderer(DumpView view, Utf8JsonWriter json)
    {
        (_view, _dump, _json) = (view, view.Dump, json);
        _locks = new JsonLocks(json, _frames);
        _stacks = new JsonStacks(json, _frames);
    }

    public static void Write(ThreadDump dump, PooledBytes bytes)
    {
        // JSON always contains everything, with async stacks in groups.
        using (var view = new DumpView(dump, RenderOptions.Default, exact: true))
        using (var json = new Utf8JsonWriter(bytes, Options))
            new JsonRenderer(view, json).Write();

        bytes.GetSpan(1)[0] = (byte)'\n';
        bytes.Advance(1);
    }

    private void Write()
    {
        _json.WriteStartObject();
        _json.WriteString("$schema", SchemaId);
        _json.WriteNumber("version", Version);
        _json.WriteBoolean("redacted", _dump.IsRedacted);
        WriteProcess(_dump.Process);
        _json.WriteString("capturedAt", _dump.CapturedAt);
        WriteReason(_dump.Reason);
        _json.WriteBoolean("hasStacks", _dump.HasStacks);
        WriteTimings(_dump.Timings);

        WriteThreadPool(_dump.ThreadPool);
        WriteSeries(_dump.Unchanged);
        _json.WriteStrings("notes", _dump.Notes);

        _json.WriteStartArray("threads");
        foreach (var thread in _dump.Threads)
            WriteThread(thread);
        _json.WriteEndArray();

        _json.WriteStartArray("runtimeThreads");
        foreach (var thread in _dump.RuntimeThreads)
            WriteRuntimeThread(thread);
        _json.WriteEndArray();

        var async = new JsonAsync(_json, _stacks, _view);
        async.Write();
        async.WriteRequests();

        _locks.WriteDeadlocks(_dump.Deadlocks);
        _locks.WriteFindings(_dump.Findings);

        // After everything that refers to them, because only then the tables are complete.
        _locks.WriteTable();
        _json.WriteStartArray("frames");
        for (int i = 0; i < _frames.Count; i++)
            WriteFrame(i, _frames[i]);
        _json.WriteEndArray();

        _json.WriteEndObject();
    }

    private void WriteProcess(DumpedProcess process)
    {
        _json.WriteStartObject("process");
        _json.WriteNumber("id", process.Id);
        _json.WriteString("name", process.Name);
        _json.WriteString("runtimeVersion", process.RuntimeVersion?.ToString());
        _json.WriteString("platform", process.Platform);
        _json.WriteMilliseconds("uptimeMs", process.Uptime);
        _json.WriteEndObject();
    }

    private void WriteReason(DumpReason? reason)
    {
        if (reason is null)
        {
            _json.WriteNull("reason");
            return;
        }
        _json.WriteStartObject("reason");
        _json.WriteString("kind", JsonNames.Name(reason.Kind));
        _json.WriteString("text", reason.Text);
        _json.WriteString("traceId", reason.TraceId);
        _json.WriteEndObject();
    }

    private void WriteTimings(CaptureTimings timings)
    {
        _json.WriteStartObject("timings");
        _json.WriteMilliseconds("pauseMs", timings.Pause);
        _json.WriteMilliseconds("suspendMs", timings.Suspend);
        _json.WriteMilliseconds("walkMs", timings.Walk);
        _json.WriteMilliseconds("locksMs", timings.Locks);
        _json.WriteMilliseconds("heapMs", timings.Heap);
        _json.WriteMilliseconds("resolveMs", timings.Resolve);
        _json.WriteNumber("suspendRetries", timings.SuspendRetries);
        _json.WriteEndObject();
    }

    private void WriteExceptions(DumpException? exception)
    {
        _json.WriteStartArray("exceptions");
        for (; exception is not null; exception = exception.Inner)
        {
            _json.WriteStartObject();
            _json.WriteString("type", exception.Type);
            _json.WriteString("message", exception.Message);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
    }

    private void WriteThreadPool(ThreadPoolState? pool)
    {
        if (pool is null)
        {
            _json.WriteNull("threadPool");
            return;
        }
        _json.WriteStartObject("threadPool");
        _json.WriteOptional("workers", pool.Workers);
        _json.WriteOptional("working", pool.Working);
        _json.WriteOptional("min", pool.Min);
        _json.WriteOptional("max", pool.Max);
        _json.WriteOptional("queued", pool.Queued);
        _json.WriteOptional("completed", pool.Completed);
        _json.WriteStartArray("queuedWork");
        foreach (QueuedWork work in pool.QueuedWork)
        {
            _json.WriteStartObject();
            _json.WriteString("type", work.Type);
            _json.WriteNumber("count", work.Count);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
        _json.WriteStartArray("dueTimers");
        foreach (DueTimers timers in pool.DueTimers)
        {
            _json.WriteStartObject();
            _json.WriteString("callback", timers.Callback);
            _json.WriteNumber("count", timers.Count);
            _json.WriteNumber("lateMs", (long)timers.Late.TotalMilliseconds);
            _json.WriteEndObject();
        }
        _json.WriteEndArray();
        _json.WriteBoolean("hasMoreDueTimers", pool.HasMoreDueTimers);
        _json.WriteEndObject();
    }

    private void WriteSeries(UnchangedParts? series)
    {
        if (series is null)
        {
            _json.WriteNull("series");
            return;
        }
        _json.WriteStartObject("series");
        _json.WriteNumber("dumps", series.Dumps);
        _json.WriteMilliseconds("elapsedMs", series.Elapsed);
        _json.WriteEndObject();
    }

    private void WriteThread(DumpThread thread)
    {
        _json.WriteStartObject();
        _json.WriteNumber("osId", thread.OsId.Value);
        _json.WriteOptional("managedId", thread.ManagedId?.Value);
        _json.WriteString("name", thread.Name);
        _json.WriteString("displayName", thread.DisplayName);
        _json.WriteBoolean("main", thread.IsMain);
        _json.WriteString("activity", JsonNames.Name(thread.Activity));
        _json.WriteOptional("background", thread.IsBackground);
        _json.WriteOptional("threadPool", thread.IsThreadPool);
        _json.WriteMilliseconds("cpuMs", thread.CpuTime);
        WriteRecentCpu(thread.RecentCpu);
        _json.WriteOptional("unchanged", _dump.Unchanged?.Has(thread));
        _json.WriteString("currentException", thread.CurrentException?.Type);
        WriteExceptions(thread.CurrentException);
        _json.WriteBoolean("own", thread.IsOwn);
        _json.WriteString("completeness", JsonNames.Name(thread.Completeness));
        _json.WriteNumber("waitPlumbing", WaitPlumbing.FramesOf(thread));
        _json.WriteNumber("platformCallers", thread.Frames.Count - PlatformCallers.EndOf(thread));
        _locks.WriteThread(thread);
        _stacks.Write("stack", thread.Frames);
        _stacks.Write("asyncCallers", thread.AsyncCallers);
        _json.WriteOptional("awaitedStackIndex", thread.AwaitedFrameIndex);
        _json.WriteEndObject();
    }

    private void WriteRecentCpu(RecentCpu? cpu)
    {
        if (cpu is null)
        {
            _json.WriteNull("recentCpu");
            return;
        }
        _json.WriteStartObject("recentCpu");
        _json.WriteMilliseconds("usedMs", cpu.Used);
        _json.WriteMilliseconds("readyMs", cpu.Ready);
        _json.WriteMilliseconds("ofMs", cpu.Elapsed);
        _json.WriteEndObject();
    }

    private void WriteRuntimeThread(RuntimeThread thread)
    {
        _json.WriteStartObject();
        _json.WriteNumber("osId", thread.OsId.Value);
        _json.WriteString("name", thread.Name);
        _json.WriteString("activity", JsonNames.Name(thread.Activity));
        _json.WriteMilliseconds("cpuMs", thread.CpuTime);
        _json.WriteString("waitChannel", thread.WaitChannel);
        _json.WriteEndObject();
    }

    private void WriteFrame(int index, DumpFrame frame)
    {
        _json.WriteStartObject();
        // Redundant, but people can search for it.
        _json.WriteNumber("index", index);
        _json.WriteString("display", frame.Kind is FrameKind.Native ? frame.Method.FullName : frame.Method.ToString());
        _json.WriteString("kind", JsonNames.Name(frame.Kind));
        WriteMethod(frame.Method);
        _json.WriteStrings("typeArguments", frame.TypeArguments);
        _json.WriteString("symbols", JsonNames.Name(frame.Symbols));
        WriteSource(frame.Source);
        WriteModule(frame.Module);
        _json.WriteString("token", frame.MetadataToken == 0 ? null : "0x" + frame.MetadataToken.ToString("x8", CultureInfo.InvariantCulture));
        _json.WriteOptional("ilOffset", frame.ILOffset);
        _json.WriteString("address", frame.Address.Value == 0 ? null : frame.Address.ToString());
        _json.WriteBoolean("hidden", frame.IsHidden);
        _json.WriteEndObject();
    }

    private void WriteMethod(MethodName method)
    {
        _json.WriteStartObject("method");
        _json.WriteString("declaringType", method.DeclaringType);
        _json.WriteString("name", method.Name);
        _json.WriteString("typeParameters", method.TypeParameters);
        _json.WriteString("parameters", method.Parameters);
        _json.WriteEndObject();
    }

    private void WriteSource(SourceLocation? source)
    {
        if (source is null)
        {
            _json.WriteNull("source");
            return;
        }
        _json.WriteStartObject("source");
        _json.WriteString("path", source.Path);
        _json.WriteNumber("line", source.Line);
        _json.WriteNumber("column", source.Column);
        _json.WriteString("text", source.Text);
        _json.WriteString("textOrigin", JsonNames.Name(source.TextOrigin));
        if (source.IsApproximate)
            _json.WriteBoolean("approximate", true);
        _json.WriteEndObject();
    }

    private void WriteModule(ModuleIdentity? module)
    {
        if (module is null)
        {
            _json.WriteNull("module");
            return;
        }
        _json.WriteStartObject("module");
        _json.WriteString("name", module.Name);
        _json.WriteString("path", module.Path);
        if (module.Mvid is { } mvid)
            _json.WriteString("mvid", mvid);
        else
            _json.WriteNull("mvid");
        _json.WriteEndObject();
    }
}
