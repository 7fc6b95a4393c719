using System.Text.Json;
using Stackflare.Analysis;

namespace Stackflare.Writers.Json;

/// <summary>
/// The waits, locks, deadlocks and findings in JSON. Each lock is in a table once, and gets its number on first use.
/// </summary>
internal sealed class JsonLocks(Utf8JsonWriter json, FrameTable frames)
{
    private readonly Dictionary<DumpLock, int> _ids = [];
    private readonly List<DumpLock> _locks = [];

    /// <summary>What a thread waits for and what it holds, as properties of the thread's object.</summary>
    public void WriteThread(DumpThread thread)
    {
        WriteWait(thread.WaitingFor);
        json.WriteStartArray("heldLocks");
        foreach (HeldLock held in thread.HeldLocks)
        {
            json.WriteStartObject();
            json.WriteNumber("lock", IdOf(held.Lock));
            json.WriteOptional("stackIndex", held.FrameIndex);
            json.WriteBoolean("shared", held.IsShared);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public void WriteDeadlocks(IReadOnlyList<Deadlock> deadlocks)
    {
        json.WriteStartArray("deadlocks");
        foreach (Deadlock deadlock in deadlocks)
        {
            json.WriteStartObject();
            json.WriteStartArray("steps");
            foreach (DeadlockStep step in deadlock.Steps)
            {
                json.WriteStartObject();
                json.WriteThread("thread", step.Thread);
                json.WriteThread("waitsFor", step.WaitsFor);
                WriteLock(step.Wait.Lock);
                json.WriteOptional("frame", step.Frame is { } frame ? frames.IdOf(frame) : null);
                WriteContext(DeadlockFindings.ContextOf(step));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteThreads("behind", deadlock.Behind);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteContext(CapturedContext? context)
    {
        if (context is null)
        {
            json.WriteNull("capturedContext");
            return;
        }
        json.WriteStartObject("capturedContext");
        json.WriteString("object", context.Object.ToString());
        json.WriteString("type", context.Type);
        json.WriteOptional("frame", context.Frame is { } frame ? frames.IdOf(frame) : null);
        json.WriteEndObject();
    }

    public void WriteFindings(IReadOnlyList<Finding> findings)
    {
        json.WriteStartArray("findings");
        foreach (Finding finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("kind", JsonNames.Name(finding.Kind));
            json.WriteString("summary", finding.Summary);
            json.WriteStrings("evidence", finding.Evidence);
            json.WriteThreads("threads", finding.Threads);
            json.WriteNumber("count", finding.Count);
            json.WriteStartArray("locks");
            foreach (DumpLock known in finding.Locks)
                json.WriteNumberValue(IdOf(known));
            json.WriteEndArray();
            json.WriteStartArray("frames");
            foreach (FindingFrame place in finding.Frames)
            {
                json.WriteStartObject();
                json.WriteNumber("frame", frames.IdOf(place.Frame));
                json.WriteNumber("count", place.Count);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>The table of locks. Must be written after everything that refers to it.</summary>
    public void WriteTable()
    {
        json.WriteStartArray("locks");
        for (int i = 0; i < _locks.Count; i++)
        {
            DumpLock known = _locks[i];
            json.WriteStartObject();
            json.WriteNumber("index", i);
            json.WriteString("address", known.Address.ToString());
            json.WriteString("kind", JsonNames.Name(known.Kind));
            json.WriteString("type", known.Type);
            json.WriteThread("owner", known.Owner);
            json.WriteBoolean("abandoned", known.IsAbandoned);
            json.WriteThreads("readers", known.Readers);
            json.WriteThread("upgrader", known.Upgrader);
            json.WriteNumber("recursion", known.Recursion);
            json.WriteThreads("waiters", known.Waiters);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteWait(DumpWait? wait)
    {
        if (wait is null)
        {
            json.WriteNull("waitingFor");
            return;
        }
        json.WriteStartObject("waitingFor");
        json.WriteString("kind", JsonNames.Name(wait.Kind));
        json.WriteNumber("stackIndex", wait.FrameIndex);
        json.WriteString("object", wait.Object?.ToString());
        json.WriteString("objectType", wait.ObjectType);
        WriteLock(wait.Lock);
        json.WriteThread("joined", wait.Joined);
        // No limit is -1 ms, as in the program's own call.
        json.WriteMilliseconds("timeoutMs", wait.Timeout);
        json.WriteMilliseconds("atLeastMs", wait.AtLeast);
        json.WriteThreads("waitsFor", wait.WaitsFor);
        json.WriteEndObject();
    }

    private void WriteLock(DumpLock? known) => json.WriteOptional("lock", known is null ? null : IdOf(known));

    private int IdOf(DumpLock known)
    {
        if (!_ids.TryGetValue(known, out int id))
        {
            id = _locks.Count;
            _ids.Add(known, id);
            _locks.Add(known);
        }
        return id;
    }
}
