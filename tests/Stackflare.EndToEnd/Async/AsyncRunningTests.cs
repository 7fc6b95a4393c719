using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>Which async methods the threads run: of many that run the same, each thread has its own.</summary>
public sealed class AsyncRunningTests(ITestOutputHelper output)
{
    private const int Running = -1, Suspended = 0;

    [Theory]
    [InFlavours(Spread.Code, LooksAt.StateMachines)]
    public async Task EachThreadRunsItsOwn(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncRunning", TargetOptions.NoTrap);
        string[] truth = [.. (await target.CommandAsync("who")).Split(' ').Order()];
        Assert.True(truth.Length > 36);
        HeapView view = HeapView.Of(target);
        using var names = new Methods(view.Snapshot);
        var found = new SortedDictionary<uint, List<int>>();
        foreach (RunningRecord running in view.Heap.Running)
        {
            ThreadRecord thread = view.Snapshot.Threads[running.Thread];
            FunctionRecord function = FunctionOf(view.Snapshot, thread, running.Frame);
            AsyncMethod method = Assert.IsType<AsyncMethod>(view.MethodAt(view.Heap.Objects[running.Object].Address));
            string name = names.Of(function);
            output.WriteLine($"{thread.OsId} {running.Frame} {name} {method.Name} {method.State} {NumberOf(view, method)}");
            if (name != "MoveNext")
                continue;
            Assert.Equal(Running, method.State);
            // The inner one of the two has no box.
            if (method.Name == "Afresh")
                Assert.Equal(2, CountTo(view.Snapshot, thread, running.Frame, function));
            List<int> numbers = found.TryGetValue(thread.OsId, out List<int>? known) ? known : found[thread.OsId] = [];
            // An iterator's may be there twice: it gave an item to whom asks for the next on top of it.
            if (NumberOf(view, method) is { } number && !(method.Name == "ItemsLater" && numbers.Contains(number)))
                numbers.Add(number);
        }

        Assert.Equal(truth, found.Select(f => $"{f.Key}:{string.Join(',', f.Value)}").Order());
    }

    private static FunctionRecord FunctionOf(RawSnapshot snapshot, ThreadRecord thread, uint frame) =>
        snapshot.Functions[FrameOf(snapshot, thread, frame).Function];

    /// <summary>How many frames of a function there are, from the innermost to this.</summary>
    private static int CountTo(RawSnapshot snapshot, ThreadRecord thread, uint frame, FunctionRecord function) =>
        Enumerable.Range(0, (int)frame + 1).Count(i => FrameOf(snapshot, thread, (uint)i) is { Function: not SnapshotConstants.None } f
            && snapshot.Functions[f.Function].FunctionId == function.FunctionId);

    private static FrameRecord FrameOf(RawSnapshot snapshot, ThreadRecord thread, uint frame) => snapshot.Frames[snapshot.Stacks[thread.FirstFrame + frame]];

    /// <summary>That of the caller at the end; null for one of the callers.</summary>
    private static int? NumberOf(HeapView view, AsyncMethod method)
    {
        if (method.Name.StartsWith("Caller", StringComparison.Ordinal))
            return null;
        AsyncMethod? at = method;
        while (!at.Name.StartsWith("Caller", StringComparison.Ordinal))
        {
            AsyncMethod awaited = at;
            AsyncMethod[] next = [.. view.Methods.Where(m => m.Awaited.Contains(awaited.Record.Address) || (awaited.Machine != 0 && m.Awaited.Contains(awaited.Machine)))];
            // Whoever asks an iterator for its next item runs, and does not wait.
            if (next.Length == 0 && awaited.Name == "ItemsLater")
                return view.Numbers[awaited.Record.Address];
            at = Assert.Single(next);
            Assert.Equal(Suspended, at.State);
        }

        Assert.Equal(view.Numbers.GetValueOrDefault(method.Record.Address, view.Numbers[at.Record.Address]), view.Numbers[at.Record.Address]);
        return view.Numbers[at.Record.Address];
    }

    private sealed class Methods(RawSnapshot snapshot) : IDisposable
    {
        private readonly Dictionary<uint, PEReader> _images = [];

        public string Of(FunctionRecord function)
        {
            if (!_images.TryGetValue(function.Module, out PEReader? image))
            {
                ModuleRecord module = snapshot.Modules[function.Module];
                _images.Add(function.Module, image = new PEReader(File.OpenRead(snapshot.Text(module.PathOffset, module.PathLength)!)));
            }

            MetadataReader metadata = image.GetMetadataReader();
            return metadata.GetString(metadata.GetMethodDefinition((MethodDefinitionHandle)MetadataTokens.EntityHandle((int)function.Token)).Name);
        }

        public void Dispose()
        {
            foreach (PEReader image in _images.Values)
                image.Dispose();
        }
    }
}
