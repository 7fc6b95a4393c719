namespace Stackflare.Snapshots.Format;

/// <summary>Checks the heap sections of a snapshot, as <see cref="SnapshotReader"/> checks the others.</summary>
internal static class HeapReader
{
    /// <summary>Returns null if the heap was not requested.</summary>
    /// <param name="directory">The sections.</param>
    /// <param name="types">Number of types in the snapshot.</param>
    /// <param name="frames">Number of frames.</param>
    /// <param name="threads">Its threads.</param>
    /// <exception cref="SnapshotFormatException">The sections are inconsistent.</exception>
    public static RawHeap? Read(SnapshotDirectory directory, int types, int frames, ThreadRecord[] threads)
    {
        HeapRecord[] info = directory.Records<HeapRecord>(SectionKind.Heap);
        if (info.Length == 0)
            return null;
        if (info.Length > 1)
            throw new SnapshotFormatException($"it has {info.Length} heap records instead of one");
        var heap = new RawHeap
        {
            Info = info[0],
            Objects = directory.Records<HeapObjectRecord>(SectionKind.HeapObjects),
            Bytes = directory.Blob(SectionKind.HeapBytes),
            Layouts = directory.Records<HeapLayoutRecord>(SectionKind.HeapLayouts),
            Fields = directory.Records<HeapFieldRecord>(SectionKind.HeapFields),
            References = directory.Numbers(SectionKind.HeapReferences),
            Running = directory.Records<RunningRecord>(SectionKind.Running),
            Suspensions = directory.Records<SuspensionRecord>(SectionKind.Suspensions),
            Posted = directory.Records<PostedRecord>(SectionKind.Posted),
        };
        if (heap.Info.Status != HeapStatus.Walked && heap.Objects.Length + heap.Layouts.Length > 0)
            throw new SnapshotFormatException("it has objects of a heap that was not read");
        CheckObjects(heap, types);
        CheckLayouts(heap, types);
        CheckParents(heap);
        CheckRunning(heap, threads);
        CheckSuspensions(heap, frames);
        CheckPosted(heap, types, threads.Length);
        return heap;
    }

    private static void CheckObjects(RawHeap heap, int types)
    {
        ulong last = 0;
        long bytes = 0;
        foreach (ref readonly HeapObjectRecord entry in heap.Objects.AsSpan())
        {
            if (entry.Address <= last)
                throw new SnapshotFormatException("an object of the heap is out of order");
            last = entry.Address;
            SnapshotReader.Index(entry.Type, types, "an object's type");
            SnapshotReader.Slice(entry.BytesOffset, entry.BytesLength, heap.Bytes.Length, "an object", ref bytes);
        }
    }

    private static void CheckLayouts(RawHeap heap, int types)
    {
        long next = 0, fields = 0, references = 0;
        foreach (ref readonly HeapLayoutRecord layout in heap.Layouts.AsSpan())
        {
            if (layout.Type < next || layout.Type >= (uint)types)
                throw new SnapshotFormatException("a layout's type is missing or out of order");
            next = layout.Type + 1L;
            SnapshotReader.Index(layout.Parent, types, "a layout's parent");
            SnapshotReader.Slice(layout.FirstField, layout.FieldCount, heap.Fields.Length, "a layout's fields", ref fields);
            SnapshotReader.Slice(layout.FirstReference, layout.ReferenceCount, heap.References.Length, "a layout's references", ref references);
            uint offset = 0;
            foreach (ref readonly HeapFieldRecord field in heap.FieldsOf(layout))
            {
                if (field.Offset < offset)
                    throw new SnapshotFormatException("a field is out of order");
                offset = field.Offset;
            }
            long reference = -1;
            foreach (uint at in heap.ReferencesOf(layout))
            {
                if (at <= reference)
                    throw new SnapshotFormatException("a reference is out of order");
                reference = at;
            }
        }
    }

    /// <summary>Visits each layout once: a layout that an earlier walk has passed is known to lead to an end.</summary>
    private static void CheckParents(RawHeap heap)
    {
        var parents = new Dictionary<uint, uint>(heap.Layouts.Length);
        foreach (ref readonly HeapLayoutRecord layout in heap.Layouts.AsSpan())
            parents.Add(layout.Type, layout.Parent);
        var walks = new Dictionary<uint, uint>(heap.Layouts.Length);
        foreach (ref readonly HeapLayoutRecord layout in heap.Layouts.AsSpan())
        {
            for (uint at = layout.Type; parents.TryGetValue(at, out uint parent); at = parent)
            {
                if (walks.TryAdd(at, layout.Type))
                    continue;
                if (walks[at] == layout.Type)
                    throw new SnapshotFormatException("a type is its own parent");
                break;
            }
        }
    }

    private static void CheckRunning(RawHeap heap, ThreadRecord[] threads)
    {
        (uint Thread, uint Frame, long Object) last = (0, 0, -1);
        foreach (ref readonly RunningRecord running in heap.Running.AsSpan())
        {
            if (running.Object >= (uint)heap.Objects.Length || (running.Thread, running.Frame, (long)running.Object).CompareTo(last) <= 0)
                throw new SnapshotFormatException("a method that a thread runs is missing or out of order");
            last = (running.Thread, running.Frame, running.Object);
            if (running.Thread >= (uint)threads.Length || running.Frame >= threads[running.Thread].FrameCount)
                throw new SnapshotFormatException("a frame that runs a method is not there");
            if ((heap.Objects[running.Object].Flags & (HeapObjectFlags.Method | HeapObjectFlags.Suspended)) == 0)
                throw new SnapshotFormatException("what a thread runs is not a method");
            if (running.Next > (uint)heap.Objects.Length)
                throw new SnapshotFormatException("the continuation of a thread is not there");
        }
    }

    private static void CheckPosted(RawHeap heap, int types, int threads)
    {
        foreach (ref readonly PostedRecord posted in heap.Posted.AsSpan())
        {
            if (posted.Thread >= (uint)threads)
                throw new SnapshotFormatException("a thread with a context is not there");
            SnapshotReader.Index(posted.Object, heap.Objects.Length, "a method that waits in a context");
            SnapshotReader.Index(posted.Type, types, "a context's type");
            SnapshotReader.Index(posted.Keeper, types, "the type of what a context refers to");
            foreach (uint other in (uint[])[.. posted.KnownOthers(), .. posted.KnownHolders()])
            {
                if (other >= (uint)threads)
                    throw new SnapshotFormatException("a thread that refers to a context's work is not there");
            }
        }
    }

    private static void CheckSuspensions(RawHeap heap, int frames)
    {
        ulong last = 0;
        foreach (ref readonly SuspensionRecord suspension in heap.Suspensions.AsSpan())
        {
            if (suspension.ResumeInfo <= last)
                throw new SnapshotFormatException("a suspension is out of order");
            last = suspension.ResumeInfo;
            SnapshotReader.Index(suspension.Frame, frames, "a suspension's frame");
        }
    }
}
