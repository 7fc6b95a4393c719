using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime;

/// <summary>The threads that the runtime knows: their ids, states and names, and the exceptions that they handle.</summary>
internal sealed class RuntimeThreads(ProcessMemory memory, RuntimeLayout layout, TypeReader types, ManagedObjects objects)
{
    private const int MaxInner = 8, MaxParents = 32, MaxMessage = 512, MaxListed = 1 << 20, Attempts = 3;
    private const string NameField = "_name", MessageField = "_message";

    private readonly ThreadLayout _layout = layout.Threads!;

    /// <summary>Whether an object that belongs to a thread could not be read: the memory has only stacks, or a part of it was left out.</summary>
    public bool LacksObjects { get; private set; }

    /// <summary>The addresses of the runtime's threads. In a process that runs, the list can change while it is read: then it is read again.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="layout">The layout of threads.</param>
    /// <param name="limit">A limit on their number.</param>
    /// <param name="isComplete">Whether there are no more. False also if a part of the list is missing.</param>
    public static List<ulong> List(ProcessMemory memory, ThreadLayout layout, int limit, out bool isComplete)
    {
        List<ulong> list = ListOnce(memory, layout, limit, out isComplete);
        for (int i = 0; memory.IsLive && i < Attempts; i++)
        {
            memory.Forget();
            List<ulong> again = ListOnce(memory, layout, limit, out isComplete);
            if (again.SequenceEqual(list))
                return again;
            list = again;
        }
        isComplete &= !memory.IsLive;
        return list;
    }

    private static List<ulong> ListOnce(ProcessMemory memory, ThreadLayout layout, int limit, out bool isComplete)
    {
        var threads = new List<ulong>();
        var seen = new HashSet<ulong>();
        isComplete = false;
        try
        {
            ulong link = memory.Pointer(memory.Pointer(layout.Store) + layout.First);
            // Threads that have ended are in the list too.
            while (link != 0 && threads.Count < limit && seen.Count < MaxListed && seen.Add(link))
            {
                ulong thread = link - layout.LinkTarget;
                if ((memory.Read<uint>(thread + layout.State) & (ThreadLayout.Unstarted | ThreadLayout.Dead)) == 0)
                    threads.Add(thread);
                link = memory.Pointer(thread + layout.Link);
            }
            isComplete = link == 0;
        }
        catch (MissingMemoryException)
        {
        }
        return threads;
    }

    /// <summary>The kernel's id of a thread.</summary>
    public int OsId(ulong thread) => memory.TryRead(thread + _layout.OsId, out ulong id) ? (int)id : 0;

    /// <summary>What the runtime knows of a thread, without its stack.</summary>
    public SnapshotThread Describe(ulong thread)
    {
        memory.TryRead(thread + _layout.State, out uint state);
        IReadOnlyList<SnapshotException> exceptions = ExceptionsOf(thread, out int? type);
        return new SnapshotThread
        {
            OsId = OsId(thread),
            ManagedId = memory.TryRead(thread + _layout.Id, out int id) ? id : null,
            Name = NameOf(thread),
            IsBackground = (state & ThreadLayout.Background) != 0,
            IsThreadPool = (state & ThreadLayout.PoolWorker) != 0,
            ExceptionType = type,
            Exceptions = exceptions,
        };
    }

    /// <summary>The name that the program has set, or the one that the runtime gives the thread that runs finalizers.</summary>
    private string? NameOf(ulong thread)
    {
        if (memory.TryRead(_layout.Finalizer, out ulong finalizer) && finalizer == thread)
            return ".NET Finalizer";
        if (!memory.TryRead(thread + _layout.Object, out ulong handle) || handle == 0)
            return null;
        for (int i = 0; i < Attempts; i++)
        {
            bool isRead = TryFindName(handle, out ulong name);
            string? text = isRead && name != 0 ? objects.Text(name) : null;
            // In a process that runs, the collector may have moved the objects meanwhile.
            if (memory.IsLive && (!TryFindName(handle, out ulong now) || now != name))
                continue;
            LacksObjects |= !isRead || (name != 0 && text is null);
            return text;
        }
        LacksObjects = true;
        return null;
    }

    private bool TryFindName(ulong handle, out ulong name)
    {
        name = 0;
        if (memory.IsLive)
            memory.Forget();
        return memory.TryRead(handle, out ulong instance)
            && (instance == 0 || (objects.OffsetOf(types.TypeOf(instance), NameField) is { } offset && memory.TryRead(instance + offset, out name)));
    }

    /// <summary>Whether a type is System.Exception or derived from it: by the field that only this type declares.</summary>
    private bool IsException(ulong type)
    {
        for (int i = 0; i < MaxParents && type != 0; i++)
        {
            if (objects.OffsetOf(type, MessageField) is not null)
                return true;
            if (!memory.TryRead(type + layout.Types!.Parent, out type))
                return false;
        }
        return false;
    }

    /// <summary>The exception that a thread handles, then its inner one, and so on.</summary>
    private List<SnapshotException> ExceptionsOf(ulong thread, out int? type)
    {
        type = null;
        var found = new List<SnapshotException>();
        if (layout.Exceptions is not { } exceptions || !memory.TryRead(thread + exceptions.Tracker, out ulong tracker) || tracker == 0
            || !memory.TryRead(tracker + exceptions.Thrown, out ulong exception) || (exceptions.IsHandle && !memory.TryRead(exception, out exception)))
        {
            return found;
        }
        for (int i = 0; i < MaxInner && exception != 0 && types.IndexOf(types.TypeOf(exception)) is { } index; i++)
        {
            // In a process that runs, another object can be there by now.
            if (memory.IsLive && !IsException(types.TypeOf(exception)))
            {
                LacksObjects = true;
                break;
            }
            string? message = memory.TryRead(exception + exceptions.Message, out ulong text) ? objects.Text(text) : null;
            found.Add(new SnapshotException(index, message is { Length: > MaxMessage } ? message[..MaxMessage] : message));
            if (!memory.TryRead(exception + exceptions.Inner, out exception))
                break;
        }
        type = found.Count > 0 ? found[0].Type : null;
        return found;
    }
}
