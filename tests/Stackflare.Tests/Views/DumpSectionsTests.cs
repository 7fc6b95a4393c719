using Stackflare.Tests.Writers;
using Stackflare.Views;
using static Stackflare.Tests.Writers.Build;
using static Stackflare.ThreadActivity;

namespace Stackflare.Tests.Views;

/// <summary>The program first, the largest group of it first of all; then libraries; the framework's idle threads last, a line each.</summary>
public sealed class DumpSectionsTests
{
    private static readonly ModuleIdentity Vendor = new("Vendor.dll", "/app/Vendor.dll", new Guid("11111111-2222-3333-4444-555555555555"));
    private static readonly DumpFrame Mine = Frame("Mine", 1, "Wait();"), Other = Frame("Other", 2, "Wait();"), Sleep = Platform("System.Threading.Thread", "Sleep"), Start = Platform("System.Threading.Thread", "StartCallback");
    private static readonly DumpFrame Library = Platform("Vendor.Client", "Poll", module: Vendor), Timer = Platform("System.Threading.TimerQueue", "TimerThread");

    [Fact]
    public void Order()
    {
        DumpFrame awaits = Async("Handle", 9, "await Ask();");
        ThreadDump dump = AsyncDump(
            [
                Thread(1, null, Waiting, [Sleep, Mine], main: true),
                .. Enumerable.Range(10, 3).Select(i => Thread(i, "poll", Waiting, [Sleep, Library])),
                Thread(20, "blocked", Blocked, [Sleep, Other]),
                Thread(21, "busy", Running, [Other]),
                .. Enumerable.Range(30, 2).Select(i => Thread(i, "pair", Waiting, [Sleep, Other, Mine])),
                Thread(40, "none", Running, []),
                Thread(41, "timer", Waiting, [Sleep, Timer, Start]),
                Thread(42, "working", Running, [Sleep, Timer, Start]),
            ],
            [.. Enumerable.Repeat(Stack(For(AsyncWaitKind.Delay), awaits), 80)]);
        string text = Render.Text(dump);
        Assert.Equal(["80 async stacks", "2 threads", "\"Main\"", "\"blocked\"", "\"busy\"", "3 threads", "\"working\"", "\"none\"", "1 idle thread of"],
            text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[1..].Select(b => string.Join(' ', b.Split(' ').Take(b[0] == '"' ? 1 : b.Contains("idle", StringComparison.Ordinal) ? 4 : b[0] == '8' ? 3 : 2))).ToArray());
        Assert.EndsWith("1 idle thread of the framework:\n\"timer\" #41 tid=4282 background waiting cpu=3ms in System.Threading.TimerQueue.TimerThread\n\n", text, StringComparison.Ordinal);
        Assert.Contains(", 11 threads (5 shown as 2 groups, 1 idle in the framework), 80 async stacks (80 shown as 1 group), ", text, StringComparison.Ordinal);

        // The other format for people has the same order.
        string[] firsts = [.. Render.Traceback(dump).Split("----------------------------------------\n")[1..].Select(b => b.Split('\n')[0])];
        Assert.Equal(["<80 async", "<Thread(pair,", "<Thread(Main,", "<Thread(blocked,", "<Thread(busy,", "<Thread(poll,", "<Thread(working,", "<Thread(none,", "<Thread(timer,", ""],
            firsts.Select(f => string.Join(' ', f.Split(' ').Take(f.StartsWith("<8", StringComparison.Ordinal) ? 2 : 1))));
    }

    public static TheoryData<string, DumpThread> NotIdle => new()
    {
        { "the program's, with a name of the framework's", Thread(2, ".NET Timer", Waiting, [Sleep, Mine]) },
        { "a library's", Thread(2, ".NET Timer", Waiting, [Sleep, Library]) },
        { "generated code", Thread(2, ".NET Timer", Waiting, [Sleep, Dynamic]) },
        { "running", Thread(2, ".NET Timer", Running, [Sleep, Timer]) },
        { "blocked", Thread(2, ".NET Timer", Blocked, [Sleep, Timer]) },
        { "in a work item", Thread(2, ".NET TP Worker", Waiting, [Sleep, Platform("System.Threading.ThreadPoolWorkQueue", "Dispatch"), Start]) },
        { "handling an exception", Thread(2, ".NET Timer", Waiting, [Sleep, Timer], exception: Build.Exception("System.Exception")) },
        { "the main thread", Thread(1, ".NET Timer", Waiting, [Sleep, Timer], main: true) },
        { "cut", Thread(2, ".NET Timer", Waiting, [Sleep, Timer], completeness: StackCompleteness.Truncated) },
        { "waiting for a task", Waits(Thread(2, ".NET Timer", Waiting, [Sleep, Timer]), WaitKind.Task) },
        { "holding what another wants", Holds(Thread(2, ".NET Timer", Waiting, [Sleep, Timer])) },
    };

    [Theory, MemberData(nameof(NotIdle), DisableDiscoveryEnumeration = true)]
    public void OthersAreShownInFull(string what, DumpThread thread)
    {
        string text = Render.Text(Dump(thread));
        Assert.False(text.Contains("idle", StringComparison.Ordinal), what);
        Assert.Contains("\n   at System.Threading.Thread.Sleep()\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void IdleThreadsAreOneLineByWhatTheyAreFor()
    {
        DumpFrame work = Platform("System.Threading.PortableThreadPool.WorkerThread", "WorkerThreadStart"), wait = Platform("System.Threading.WaitHandle", "WaitOne");
        DumpThread[] threads =
        [
            Thread(2, "reports", Waiting, [Sleep, work, Start], pool: true), Thread(3, ".NET TP Worker", Sleeping, [wait, Sleep, work, Start], pool: true), Thread(4, "x", Waiting, [wait, Timer]), Thread(5, "Finalizer", Waiting, []),
        ];
        Assert.Contains(
            """

            4 idle threads of the framework:
            2 threads: "reports", ".NET TP Worker"; #2-3; tid=4243-4244; background; pool; cpu=6ms in total; in System.Threading.PortableThreadPool.WorkerThread.WorkerThreadStart
            "x" #4 tid=4245 background waiting cpu=3ms in System.Threading.TimerQueue.TimerThread
            "Finalizer" #5 tid=4246 background waiting cpu=3ms (no managed frames)


            """, Render.Text(Dump(threads)), StringComparison.Ordinal);
        // In full with the option that shows everything, and each by itself without groups.
        Assert.DoesNotContain("idle", Render.Text(Dump(threads), Render.All), StringComparison.Ordinal);
        Assert.Contains("   at System.Threading.TimerQueue.TimerThread()\n", Render.Text(Dump(threads), Render.All), StringComparison.Ordinal);
        Assert.DoesNotContain("2 threads", Render.Text(Dump(threads), new RenderOptions { GroupIdenticalStacks = false }), StringComparison.Ordinal);
    }

    /// <summary>By the PDBs that were found, and if there are none, all that is not the framework's.</summary>
    [Fact]
    public void ModulesTellTheProgramFromLibraries()
    {
        DumpFrame normalized = Frame("Query", 5, null, path: "/_/src/Query.cs"), stripped = Platform("MyApp.Program", "Run", module: App), dynamic = Dynamic;
        DumpFrame OfVendor(DumpFrame frame) => new() { Kind = frame.Kind, Method = frame.Method, Source = frame.Source, Symbols = frame.Symbols, Module = Vendor };
        Assert.Equal([StackOwner.Program, StackOwner.Library], Owners(Mine, Library));
        Assert.Equal([StackOwner.Program, StackOwner.Library], Owners(Mine, OfVendor(normalized)));
        Assert.Equal([StackOwner.Program, StackOwner.Library], Owners(normalized, Library));
        Assert.Equal([StackOwner.Program, StackOwner.Program], Owners(stripped, Library));
        Assert.Equal([StackOwner.Platform, StackOwner.Library], Owners(Sleep, dynamic));
    }

    private static StackOwner[] Owners(params DumpFrame[] frames)
    {
        using var stacks = new Stackflare.Analysis.VisibleStacks([Thread(1, "a", Running, frames)], all: false);
        var owners = new StackOwners(stacks, []);
        return [.. frames.Select(owners.Of)];
    }

    private static DumpThread Waits(DumpThread thread, WaitKind kind)
    {
        thread.WaitingFor = new DumpWait { Kind = kind, FrameIndex = 0, Object = new ObjectAddress(0x10) };
        return thread;
    }

    private static DumpThread Holds(DumpThread thread)
    {
        var gate = new DumpLock { Address = new ObjectAddress(0x10), Kind = LockKind.Monitor, Type = "MyApp.Gate", Owner = thread, Waiters = [Thread(3, "other", Blocked, [Mine])] };
        thread.HeldLocks = [new HeldLock(gate, 0, IsShared: false)];
        return thread;
    }
}
