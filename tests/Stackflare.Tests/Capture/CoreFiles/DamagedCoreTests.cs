using System.Buffers.Binary;
using Stackflare.Capture.CoreFiles;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots;
using Stackflare.Tests.Outputs;

namespace Stackflare.Tests.Capture.CoreFiles;

/// <summary>A real core with every kind of damage: it is an error of this library or gives less, in little time and memory, and no frame that is not there.</summary>
[Trait(Runs.Trait, Runs.Long)]
public sealed class DamagedCoreTests : IDisposable
{
    private const string Parked = "parked for a core";
    private const long MaxBytes = 1L << 30;
    private const int MaxSeconds = 20;

    private static readonly DumpLimits Limits = new() { MaxThreads = 1000, MaxFramesPerThread = 1000, MaxFrames = 10_000, MaxSnapshotBytes = 1 << 20 };

    private readonly TemporaryDirectory _folder = new();
    private readonly ManualResetEventSlim _end = new(initialState: false, spinCount: 0);
    private readonly Thread _parked;
    private readonly OwnCore _core;

    public DamagedCoreTests()
    {
        using var isParked = new ManualResetEventSlim();
        _parked = new Thread(() =>
        {
            isParked.Set();
            _end.Wait();
        })
        {
            Name = Parked,
            IsBackground = true,
        };
        _parked.Start();
        isParked.Wait();
        _core = OwnCore.With(Parked);
    }

    public void Dispose()
    {
        _end.Set();
        _parked.Join();
        _core.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void TheWholeCoreIsRead()
    {
        SnapshotThread thread = Whole(out Snapshot snapshot);
        Assert.Equal(StackCompleteness.Complete, thread.Completeness);
        Assert.NotEmpty(Places(snapshot, thread));
        Assert.Equal(Environment.Version.ToString(3), snapshot.RuntimeVersion!.ToString());
    }

    [Fact]
    public void ADamagedListIsSaid()
    {
        Assert.DoesNotContain(Take(_core.Build())!.Notes, static n => n.Contains("list of threads or files", StringComparison.Ordinal));
        Assert.Contains(Take(_core.Build(hasDamagedNote: true))!.Notes, static n => n.Contains("list of threads or files", StringComparison.Ordinal));
    }

    /// <summary>A stack has fewer frames, never others.</summary>
    [Fact]
    public void EveryPageCanBeMissing()
    {
        Dictionary<ulong, (ulong, int?)[]> whole = [];
        SnapshotThread parked = Whole(out Snapshot snapshot);
        foreach (SnapshotThread thread in snapshot.Threads.Where(t => _core.Still.Contains(t.OsId)))
            whole.TryAdd((ulong)thread.OsId, Places(snapshot, thread));
        Assert.NotEmpty(whole[(ulong)parked.OsId]);
        ulong[] pages = [.. _core.Pages.Keys];
        int step = Math.Max(1, pages.Length / Runs.Times(60, pages.Length));
        for (int i = 0; i < pages.Length; i += step)
        {
            if (Take(_core.Build(without: pages[i])) is not { } less)
                continue;
            foreach (SnapshotThread thread in less.Threads.Where(t => whole.ContainsKey((ulong)t.OsId)))
            {
                (ulong, int?)[] left = Places(less, thread), before = whole[(ulong)thread.OsId];
                Assert.True(IsPartOf(left, before), FormattableString.Invariant($"Without {pages[i]:x}, thread {thread.OsId} has\n{Text(left)}, not\n{Text(before)}"));
            }
        }
    }

    [Fact]
    public void TheNotesCanEndAnywhere()
    {
        byte[] core = _core.Build();
        long notes = BinaryPrimitives.ReadInt64LittleEndian(core.AsSpan(64 + 32));
        int step = Runs.Times(37, 1);
        for (long length = 1; length < notes; length += step)
        {
            BinaryPrimitives.WriteInt64LittleEndian(core.AsSpan(64 + 32), length);
            Take(core);
        }
    }

    [Fact]
    public void WrongBitsGiveLess()
    {
        byte[] core = _core.Build();
        var random = new Random(29);
        for (int i = Runs.Times(100, 10_000); i > 0; i--)
        {
            byte[] damaged = [.. core];
            // Half of them in the headers and notes, which are small.
            int range = i % 2 == 0 ? damaged.Length : 8192;
            for (int flips = random.Next(1, 64); flips > 0; flips--)
                damaged[random.Next(range)] ^= (byte)(1 << random.Next(8));
            Take(damaged);
        }
    }

    /// <summary>Each number of the notes and of the first headers is the largest one, or one that is too large by far.</summary>
    [Fact]
    public void SizesCanBeAnything()
    {
        byte[] core = _core.Build();
        int notes = (int)BinaryPrimitives.ReadInt64LittleEndian(core.AsSpan(64 + 8)), length = (int)BinaryPrimitives.ReadInt64LittleEndian(core.AsSpan(64 + 32));
        int[] places = [.. Enumerable.Range(0, 60).Select(static i => i * 4), .. Enumerable.Range(0, length / 4).Select(i => notes + (i * 4))];
        int step = Runs.Times(5, 1);
        foreach (uint size in (uint[])[uint.MaxValue, int.MaxValue, 0x0FFF_FFFF])
        {
            for (int i = 0; i < places.Length; i += step)
            {
                uint before = BinaryPrimitives.ReadUInt32LittleEndian(core.AsSpan(places[i]));
                BinaryPrimitives.WriteUInt32LittleEndian(core.AsSpan(places[i]), size);
                Take(core);
                BinaryPrimitives.WriteUInt32LittleEndian(core.AsSpan(places[i]), before);
            }
        }
    }

    private SnapshotThread Whole(out Snapshot snapshot)
    {
        snapshot = Take(_core.Build())!;
        Assert.NotNull(snapshot);
        return Assert.Single(snapshot.Threads, static t => t.Name == Parked);
    }

    private Snapshot? Take(byte[] bytes)
    {
        string path = _folder["core"];
        File.WriteAllBytes(path, bytes);
        Effort effort = Effort.Begin();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            return CoreCapture.Take(path, Limits, out _);
        }
        catch (StackflareException)
        {
            return null;
        }
        finally
        {
            Assert.InRange(effort.Used.TotalSeconds, 0, MaxSeconds);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxBytes);
        }
    }

    /// <summary>The addresses of managed code in a stack, and where its IL is.</summary>
    private static (ulong, int?)[] Places(Snapshot snapshot, SnapshotThread thread) =>
        [.. thread.Stack.ToArray().Select(i => snapshot.Frames[i]).Where(f => f.Address != 0 && f.Method is { } method && !snapshot.Methods[method].IsNative).Select(static f => (f.Address, f.ILOffset))];

    private static string Text((ulong Address, int? IL)[] places) => string.Join(' ', places.Select(static p => FormattableString.Invariant($"{p.Address:x}/{p.IL}")));

    /// <summary>Whether one stack is the other with frames left out. An IL offset may be missing.</summary>
    private static bool IsPartOf((ulong Address, int? IL)[] part, (ulong Address, int? IL)[] whole)
    {
        int at = 0;
        foreach ((ulong address, int? il) in part)
        {
            while (at < whole.Length && !(whole[at].Address == address && (il is null || il == whole[at].IL)))
                at++;
            if (at++ == whole.Length)
                return false;
        }
        return true;
    }
}
