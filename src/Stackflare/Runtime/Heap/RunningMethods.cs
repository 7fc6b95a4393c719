using System.Runtime.InteropServices;
using Stackflare.Runtime.Stacks;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Heap;

/// <summary>
/// Which async methods threads run. A method that has awaited before has its state machine in its box, or as a class that the box refers to and that
/// refers to the box. The machine's MoveNext needs it until its end, and so has a reference in its part of the stack. The reasons for each rule are in
/// the probe's <c>running.c</c>, which does the same.
/// </summary>
internal sealed class RunningMethods
{
    private const int MaxOfFrame = 4, MaxTaken = 8, MaxBytes = 64 << 10, MaxRunning = 1 << 14, MachineBytes = 8 << 10;

    /// <summary>Words at the end of a frame: the return address and the registers that it has saved. They can be of another method.</summary>
    private const int PutAside = 7;

    private readonly ProcessMemory _memory;
    private readonly HeapCopies _copies;
    private readonly TypeDescriptions _descriptions;
    private readonly TypeFields _fields;
    private readonly MethodReader _methods;
    private readonly HeapWalker _walker;
    private readonly Dictionary<ulong, MachinePlace> _machines = [];
    private readonly Dictionary<ulong, MachinePlace?> _ofMethods = [];
    private readonly List<Run> _found = [];
    private readonly List<Taken> _taken = [];

    /// <param name="memory">The process's memory.</param>
    /// <param name="copies">The objects of the heap, all of which were seen.</param>
    /// <param name="descriptions">Describes their types.</param>
    /// <param name="fields">The fields of types.</param>
    /// <param name="methods">The methods of frames.</param>
    /// <param name="walker">Has walked the heap, and has the clock.</param>
    public RunningMethods(ProcessMemory memory, HeapCopies copies, TypeDescriptions descriptions, TypeFields fields, MethodReader methods, HeapWalker walker)
    {
        (_memory, _copies, _descriptions, _fields, _methods, _walker) = (memory, copies, descriptions, fields, methods, walker);
        var seen = new HashSet<ulong>();
        foreach (ref readonly HeapCopy copy in copies.All)
        {
            if (copy.Is(HeapObjectTraits.Method) && seen.Add(copy.Type.Address) && descriptions.MachineOf(copy.Type) is { } place)
                _machines.TryAdd(place.Type, place);
        }
    }

    /// <summary>The methods that were found: threads, frames and candidates, and the candidate of the continuation that follows, if there is one.</summary>
    public IReadOnlyList<Run> Found => _found;

    /// <summary>Whether the limit on time ended the search, so that it is not known of some methods that they run.</summary>
    public bool IsLate { get; private set; }

    /// <summary>Looks at a thread's stack.</summary>
    /// <param name="thread">The index of the thread.</param>
    /// <param name="stack">Its frames, innermost first.</param>
    public void LookAt(int thread, List<WalkedFrame> stack)
    {
        _taken.Clear();
        for (int i = 0; i < stack.Count && _machines.Count > 0; i++)
        {
            if (stack[i] is not { Block: { } block, Sp: not 0 } || MachineOf(block.Method) is not { } machine)
                continue;
            IsLate |= _walker.IsOver(1);
            if (IsLate)
                return;
            LookInto(thread, stack, i, machine);
        }
    }

    /// <summary>Adds a method whose thread says that it runs it.</summary>
    public void Add(in Run run)
    {
        if (_found.Count < MaxRunning)
            _found.Add(run);
    }

    private MachinePlace? MachineOf(ulong method)
    {
        if (!_ofMethods.TryGetValue(method, out MachinePlace? place))
        {
            try
            {
                place = _machines.GetValueOrDefault(_fields.SharedType(_methods.TypeOf(method)));
            }
            catch (MissingMemoryException)
            {
            }
            _ofMethods[method] = place;
        }
        return place;
    }

    private void LookInto(int thread, List<WalkedFrame> stack, int frame, MachinePlace machine)
    {
        ulong from = stack[frame].Sp, to = 0;
        for (int i = frame + 1; i < stack.Count && to == 0; i++)
            to = stack[i].Sp;
        if (to <= from || (from & (sizeof(ulong) - 1)) != 0)
            return;
        byte[] bytes = new byte[(int)Math.Min(to - from, MaxBytes)];
        if (!_memory.TryRead(from, bytes))
            return;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var findings = new List<Finding>();
        for (int i = 0; i < words.Length && findings.Count < MaxOfFrame; i++)
        {
            if (Find(words[i], machine) is { } finding && !findings.Exists(f => f.Machine == finding.Machine))
                findings.Add(finding with { IsSure = i + PutAside < words.Length });
        }
        Choose(thread, frame, findings);
    }

    private Finding? Find(ulong word, MachinePlace machine)
    {
        int index = word == 0 ? -1 : _copies.Find(machine.IsObject ? word : word - machine.At);
        if (index < 0)
            return null;
        ref readonly Candidate found = ref _copies.Candidates[index];
        if (!machine.IsObject)
            return IsBoxOf(found, machine) ? new Finding(found.Address, index) : null;
        return (found.Traits & HeapObjectTraits.Machine) != 0 && Shared(found.Type) == machine.Type ? new Finding(found.Address, BoxOf(found, machine)) : null;
    }

    private bool IsBoxOf(in Candidate box, MachinePlace machine) => (box.Traits & HeapObjectTraits.Method) != 0 && _descriptions.MachineOf(box.Type)?.Type == machine.Type;

    private ulong Shared(HeapType type)
    {
        try
        {
            return _fields.SharedType(type.Address);
        }
        catch (MissingMemoryException)
        {
            return 0;
        }
    }

    /// <summary>The box of a state machine that is a class. Other objects of that type to which the machine refers are awaited by it.</summary>
    private int BoxOf(in Candidate machine, MachinePlace place)
    {
        byte[] bytes = new byte[Math.Min(machine.Type.Size, MachineBytes)];
        if (!_memory.TryRead(machine.Address, bytes))
            return -1;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes)[1..])
        {
            int box = word == 0 ? -1 : _copies.Find(word);
            if (box >= 0 && IsBoxOf(_copies.Candidates[box], place) && _memory.TryRead(word + place.At, out ulong back) && back == machine.Address)
                return box;
        }
        return -1;
    }

    /// <summary>
    /// Certain references are preferred to possible saved registers, and machines that no inner frame has to those that one has: an iterator's method can be
    /// on the stack twice.
    /// </summary>
    private void Choose(int thread, int frame, List<Finding> findings)
    {
        Func<Finding, Taken?, bool>[] ranks =
        [
            static (f, taken) => f.IsSure && (taken is null || !taken.IsSure),
            static (f, taken) => taken is null || (f.IsSure && !taken.IsSure),
            static (f, _) => f.IsSure,
        ];
        foreach (Func<Finding, Taken?, bool> fits in ranks)
        {
            Finding[] chosen = [.. findings.Where(f => fits(f, _taken.Find(t => t.Machine == f.Machine)))];
            foreach (Finding finding in chosen)
                Take(thread, frame, finding);
            if (chosen.Length > 0)
                return;
        }
    }

    private void Take(int thread, int frame, Finding finding)
    {
        if (_taken.Find(t => t.Machine == finding.Machine) is { } known)
        {
            if (!known.IsSure)
                _found.RemoveAll(r => r.Thread == thread && r.Frame == known.Frame && r.Candidate == finding.Box);
            _taken.Remove(known);
        }
        else if (_taken.Count == MaxTaken)
        {
            _taken.RemoveAt(0);
        }
        _taken.Add(new Taken(finding.Machine, frame, finding.IsSure));
        // Those that were copied have not completed.
        if (finding.Box >= 0 && _copies.Candidates[finding.Box].Copy != 0)
            Add(new Run(thread, frame, finding.Box, Next: -1));
    }

    /// <summary>A method that a thread runs.</summary>
    /// <param name="Thread">The index of the thread.</param>
    /// <param name="Frame">The number of the frame.</param>
    /// <param name="Candidate">The index of the method's object among the candidates.</param>
    /// <param name="Next">For a task whose methods the runtime suspends, that of the continuation which follows; negative if there is none.</param>
    internal readonly record struct Run(int Thread, int Frame, int Candidate, int Next);

    /// <summary>A machine that a word of a frame leads to, and its box; negative if it has none yet.</summary>
    private readonly record struct Finding(ulong Machine, int Box)
    {
        public bool IsSure { get; init; }
    }

    /// <summary>A machine that was given to an inner frame.</summary>
    private sealed record Taken(ulong Machine, int Frame, bool IsSure);
}
