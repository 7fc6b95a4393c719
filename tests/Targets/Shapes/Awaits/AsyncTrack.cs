using System.Runtime.CompilerServices;
using System.Text.Json;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>
/// What an async stack knows about itself: as <see cref="Track"/>, but no thread has it. Each <c>await</c> that will not come back marks its line and passes
/// the track on, or says with <c>On</c> what it waits for.
/// </summary>
internal sealed class AsyncTrack
{
    // What nobody completes has to be held by somebody.
    private static readonly List<object> Kept = [];

    private readonly List<Mark> _marks = [];
    private readonly List<AsyncTrack> _unfinished = [];
    private AsyncTrack? _inner;
    private AsyncWaitKind _kind;
    private string? _operation, _type;
    private int? _pending, _total;
    private bool _isDue;

    /// <summary>Begins a stack.</summary>
    /// <param name="name">What the test calls it.</param>
    public AsyncTrack(string name) => Name = name;

    /// <summary>What the test calls it.</summary>
    public string Name { get; }

    /// <summary>The thread that waits for the outermost method.</summary>
    public string? BlockedThread { get; init; }

    /// <summary>The thread that runs what the innermost method waits for: the stack is the thread's callers then.</summary>
    public string? RunningThread { get; init; }

    /// <summary>Marks this line.</summary>
    public AsyncTrack Here<TDeclaring>(string? name = null, [CallerMemberName] string member = "", [CallerLineNumber] int line = 0)
    {
        lock (_marks)
            _marks.Add(new Mark(Track.TypeName(typeof(TDeclaring)) + "." + (name ?? member), line));
        return this;
    }

    /// <summary>Marks the line after this one or a later one, for a call that cannot take the track.</summary>
    public AsyncTrack Next<TDeclaring>(string? name = null, int lines = 1, [CallerMemberName] string member = "", [CallerLineNumber] int line = 0) =>
        Here<TDeclaring>(name, member, line + lines);

    /// <summary>
    /// Marks the end of a block, in the line after this one, for what is disposed of there: a state machine has no line for it and stands at this one.
    /// </summary>
    public AsyncTrack AtEnd<TDeclaring>([CallerMemberName] string member = "", [CallerLineNumber] int line = 0) =>
#if RUNTIME_ASYNC
        Here<TDeclaring>(null, member, line + 1);
#else
        Here<TDeclaring>(null, member, line);
#endif

    /// <summary>A stack of its own that the last mark waits for, with others.</summary>
    public AsyncTrack Branch()
    {
        var branch = new AsyncTrack($"{Name}, branch {_unfinished.Count + 1}");
        _unfinished.Add(branch);
        return branch;
    }

    /// <summary>Has the last mark wait for a stack that was begun before, alone or not.</summary>
    /// <param name="inner">The other.</param>
    public AsyncTrack Over(AsyncTrack inner)
    {
        _inner = inner;
        return this;
    }

    /// <summary>Says what the innermost method waits for.</summary>
    /// <param name="kind">What sort of thing.</param>
    /// <param name="awaited">The thing.</param>
    /// <param name="operation">What is done to it.</param>
    /// <param name="type">Its type, where that is all that can be said.</param>
    /// <param name="isDue">Whether the wait ends by itself, in an hour.</param>
    public T On<T>(AsyncWaitKind kind, T awaited, string? operation = null, string? type = null, bool isDue = false)
    {
        (_kind, _operation, _type, _isDue) = (kind, operation, type, isDue);
        if (awaited is not null)
            Keep<object>(awaited);
        return awaited;
    }

    /// <inheritdoc cref="On{T}(AsyncWaitKind, T, string?, string?, bool)"/>
    public ValueTask<T> On<T>(AsyncWaitKind kind, ValueTask<T> awaited, string? operation = null, string? type = null, bool isDue = false)
    {
        On<object?>(kind, null, operation, type, isDue);
        return awaited;
    }

    /// <inheritdoc cref="On{T}(AsyncWaitKind, T, string?, string?, bool)"/>
    public ValueTask On(AsyncWaitKind kind, ValueTask awaited, string? operation = null, string? type = null, bool isDue = false)
    {
        On<object?>(kind, null, operation, type, isDue);
        return awaited;
    }

    /// <summary>Says that the innermost method waits for several tasks.</summary>
    /// <param name="kind">For all, or for any.</param>
    /// <param name="awaited">The task that stands for all of them.</param>
    /// <param name="done">How many have completed, where the platform keeps that; the branches are the others.</param>
    public T OnAll<T>(AsyncWaitKind kind, T awaited, int? done = 0)
    {
        (_pending, _total) = (_unfinished.Count, done + _unfinished.Count);
        return On(kind, awaited);
    }

    /// <summary>Waits for what nobody will ever say.</summary>
    public Task<int> Never() => On(AsyncWaitKind.TaskCompletionSource, new TaskCompletionSource<int>()).Task;

    /// <summary>Keeps an object for as long as the program runs.</summary>
    /// <param name="kept">The object.</param>
    public static T Keep<T>(T kept)
        where T : notnull
    {
        lock (Kept)
            Kept.Add(kept);
        return kept;
    }

    /// <summary>Writes an object.</summary>
    /// <param name="json">Where to.</param>
    public void Write(Utf8JsonWriter json)
    {
        var innermost = this;
        var marks = new List<Mark>();
        for (var track = this; track is not null; track = track._inner)
        {
            marks.InsertRange(0, Enumerable.Reverse(track._marks));
            innermost = track;
        }

        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteStartArray("marks");
        foreach (var mark in marks)
        {
            json.WriteStartObject();
            json.WriteString("method", mark.Method);
            json.WriteNumber("line", mark.Line);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        innermost.WriteWait(json);
        json.WriteString("blockedThread", BlockedThread);
        json.WriteString("runningThread", RunningThread);
        json.WriteEndObject();
    }

    private void WriteWait(Utf8JsonWriter json)
    {
        json.WriteString("kind", _kind.ToString());
        json.WriteString("operation", _operation);
        json.WriteString("type", _type);
        json.WriteBoolean("isDue", _isDue);
        if (_pending is { } pending)
            json.WriteNumber("pending", pending);
        if (_total is { } total)
            json.WriteNumber("total", total);

        json.WriteStartArray("unfinished");
        foreach (var branch in _unfinished)
            branch.Write(json);
        json.WriteEndArray();
    }
}
