using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime;

/// <summary>The threads that the runtime knows: their ids, states and names, and the exceptions that they handle.</summary>
internal sealed class RuntimeThreads(ProcessMemory memory, RuntimeLayout layout, TypeReader types, ManagedObjects objects)
{
    private const int MaxInner = 8, MaxMessage = 512, MaxListed = 1 << 20;
    private const string NameField = "_name";

    private readonly ThreadLayout _layout = layout.Threads!;

    /// <summary>Whether an object that belongs to a thread could not be read: the memory has only stacks, or a part of it was left out.</summary>
    public bool LacksObjects { get; private set; }

    /// <summary>The addresses of the runtime's threads.</summary>
    /// <param name="limit">A limit on their number.</param>
    /// <param name="isComplete">Whether there are no more. False also if a part of the list is missing.</param>
    public List<ulong> List(int limit, out bool isComplete)
    {
        var threads = new List<ulong>();
        isComplete = false;
        try
        {
            ulong link = memory.Pointer(memory.Pointer(_layout.Store) + _layout.First);
            // Threads that have ended are in the list too.
            for (int i = 0; link != 0 && threads.Count < limit && i < MaxListed; i++)
            {
                ulong thread = link - _layout.LinkTarget;
                if ((memory.Read<uint>(thread + _layout.State) & (ThreadLayout.Unstarted | ThreadLayout.Dead)) == 0)
                    threads.Add(thread);
                link = memory.Pointer(thread + _layout.Link);
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
        ulong name = 0;
        bool isRead = memory.TryRead(handle, out ulong instance)
            && (instance == 0 || (objects.OffsetOf(types.TypeOf(instance), NameField) is { } offset && memory.TryRead(instance + offset, out name)));
        string? text = isRead && name != 0 ? objects.Text(name) : null;
        LacksObjects |= !isRead || (name != 0 && text is null);
        return text;
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
            string? message = memory.TryRead(exception + exceptions.Message, out ulong text) ? objects.Text(text) : null;
            found.Add(new SnapshotException(index, message is { Length: > MaxMessage } ? message[..MaxMessage] : message));
            if (!memory.TryRead(exception + exceptions.Inner, out exception))
                break;
        }
        type = found.Count > 0 ? found[0].Type : null;
        return found;
    }
}
