using Stackflare.Snapshots;

namespace Stackflare.Runtime.Locks;

/// <summary>Objects of the type <c>System.Threading.Lock</c>, which contain their owner.</summary>
internal sealed class LockObjects(LockContext context, LockTable locks)
{
    /// <summary>The fields of a Lock.</summary>
    /// <param name="Owner">The id of its owner: the kernel's, from .NET 11 on the managed one.</param>
    /// <param name="State">Whether it is held, and how many threads wait for it.</param>
    /// <param name="Recursion">How many times the owner has entered it again.</param>
    public readonly record struct Fields(uint Owner, uint State, uint Recursion)
    {
        public bool IsHeld => (State & LockFields.Held) != 0;

        public uint Waiters => State >> LockFields.WaitersShift;
    }

    /// <summary>The fields of a Lock; null if the object is none.</summary>
    /// <exception cref="MissingMemoryException">It is missing.</exception>
    public Fields? Read(ulong address)
    {
        if (context.Core.Lock is not { } layout || context.Types.TypeOf(address) != layout.Type)
            return null;
        ProcessMemory memory = context.Memory;
        return new Fields(memory.Read<uint>(address + layout.Owner), memory.Read<uint>(address + layout.State), memory.Read<uint>(address + layout.Recursion));
    }

    /// <summary>Adds a Lock that a thread waits for; null if it is none.</summary>
    /// <exception cref="MissingMemoryException">It is missing.</exception>
    public int? AddWaited(ulong address) =>
        locks.Find(address) is { } known ? (locks.All[known].Kind == LockKind.Lock ? known : null)
        : Read(address) is { } fields ? Add(address, fields, isGuess: false)
        : null;

    /// <summary>Adds a Lock that a word on a stack refers to, if a listed thread holds it.</summary>
    public void AddFound(ulong address, in Fields fields)
    {
        if (fields.IsHeld && OwnerOf(fields) is not null)
            Add(address, fields, isGuess: true);
    }

    private int? OwnerOf(in Fields fields) => context.HasManagedMonitors ? context.Ids.OfManaged(fields.Owner) : context.Ids.OfKernel(fields.Owner);

    private int? Add(ulong address, in Fields fields, bool isGuess) => locks.Add(new SnapshotLock
    {
        Address = address,
        Kind = LockKind.Lock,
        Type = context.Types.IndexOf(context.Types.TypeOf(address)),
        Owner = fields.IsHeld ? OwnerOf(fields) : null,
        IsAbandoned = fields.IsHeld && (context.HasManagedMonitors ? context.Ids.HasManagedEnded(fields.Owner) : context.Ids.HasKernelEnded(fields.Owner)),
        Recursion = fields.IsHeld ? (int)Math.Min(fields.Recursion, int.MaxValue) : 0,
        IsGuess = isGuess,
    });
}
