using Stackflare.Analysis;
using Stackflare.Building.Waits;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Building.Waits;

public sealed class RuntimeWaitsTests
{
    private static readonly DumpFrame Init = Build.Platform("System.Runtime.CompilerServices.InitHelpers", "InitClassSlow");
    private static readonly DumpFrame Base = Build.Platform("System.Runtime.CompilerServices.StaticsHelpers", "GetGCStaticBaseSlow");
    private static readonly DumpFrame Callbacks = Build.Platform("System.Threading.CancellationTokenSource", "ExecuteCallbackHandlers");

    [Fact]
    public void AThreadAsleepInClassInitializationWaitsForTheThreadThatRunsTheStaticConstructor()
    {
        DumpThread waiting = Thread(1, ThreadActivity.Waiting, Init, Base, Method("Settings", "Read", 7), Build.Frame("Work", 8, null));
        DumpThread maker = Thread(2, ThreadActivity.Sleeping, Build.Frame("Load", 9, null), Method("Settings", ".cctor", 10), Init);
        DumpThread other = Thread(3, ThreadActivity.Sleeping, Method("Catalog", ".cctor", 11), Init);

        RuntimeWaits.Find([waiting, maker, other]);

        DumpWait wait = waiting.WaitingFor!;
        Assert.Equal((WaitKind.StaticConstructor, "MyApp.Settings", 1, false), (wait.Kind, wait.ObjectType, wait.FrameIndex, wait.MayEnd));
        Assert.Equal([maker], wait.Runners);
        Assert.Null(maker.WaitingFor);
        Assert.Null(other.WaitingFor);
    }

    /// <summary>A method that uses another class: the only static constructor that runs is the one.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(0, false)]
    public void IfSeveralStaticConstructorsRunTheClassMustBeTheCallers(int running, bool isFound)
    {
        DumpThread waiting = Thread(1, ThreadActivity.Waiting, Init, Base, Build.Frame("Work", 8, null));
        DumpThread[] makers = [.. Enumerable.Range(2, running).Select(i => Thread(i, ThreadActivity.Sleeping, Method($"Class{i}", ".cctor", 10), Init))];

        RuntimeWaits.Find([waiting, .. makers]);

        Assert.Equal(isFound ? "MyApp.Class2" : null, waiting.WaitingFor?.ObjectType);
        Assert.Equal(isFound, waiting.WaitingFor is not null);
    }

    /// <summary>It compiles the static constructor, or runs it.</summary>
    [Fact]
    public void AThreadThatRunsDoesNotWait()
    {
        DumpThread running = Thread(1, ThreadActivity.Running, Init, Base, Method("Settings", "Read", 7));
        DumpThread inside = Thread(2, ThreadActivity.Waiting, Build.Frame("Load", 9, null), Method("Settings", ".cctor", 10), Init, Base, Method("Settings", "Read", 7));

        RuntimeWaits.Find([running, inside]);

        Assert.Null(running.WaitingFor);
        Assert.Null(inside.WaitingFor);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)] // whose callback it is is not known
    [InlineData(0, false)]
    public void ARegistrationWaitsForTheOnlyThreadThatRunsCallbacks(int running, bool isFound)
    {
        DumpThread waiting = Waiting(WaitKind.CancellationCallback, 1);
        DumpThread[] runners = [.. Enumerable.Range(2, running).Select(i => Thread(i, ThreadActivity.Blocked, Build.Frame("Stop", 9, null), Callbacks))];

        RuntimeWaits.Find([waiting, .. runners]);

        Assert.Equal(isFound ? runners : [], waiting.WaitingFor!.Runners);
    }

    [Theory]
    [InlineData(2, ".NET Finalizer", true, true)]
    [InlineData(2, ".NET Finalizer", false, false)] // it is in no finalizer
    [InlineData(7, ".NET Finalizer", true, false)] // a thread of the program with that name
    [InlineData(2, "worker", true, false)]
    public void TheFinalizersAreRunByTheRuntimesThread(int id, string name, bool hasFrames, bool isFound)
    {
        DumpThread waiting = Waiting(WaitKind.Finalizers, 1);
        DumpThread finalizer = Build.Thread(id, name, ThreadActivity.Blocked, hasFrames ? [Method("Session", "Finalize", 3)] : []);

        RuntimeWaits.Find([waiting, finalizer]);

        Assert.Equal(isFound ? [finalizer] : [], waiting.WaitingFor!.Runners);
    }

    [Theory]
    [InlineData(WaitKind.StaticConstructor, "MyApp.Settings", "a static constructor", "the static constructor of MyApp.Settings, run by")]
    [InlineData(WaitKind.StaticConstructor, null, "a static constructor", "a static constructor, run by")]
    [InlineData(WaitKind.CancellationCallback, null, "a cancellation callback", "a cancellation callback, run by")]
    [InlineData(WaitKind.Finalizers, null, "the finalizers", "the finalizers, run by")]
    [InlineData(WaitKind.Task, null, "a task", "tasks, which needs")]
    public void ADeadlockThroughThemSaysSo(WaitKind kind, string? type, string through, string waits)
    {
        DumpThread one = Thread(1, ThreadActivity.Waiting, Build.Frame("Work", 11, null)), other = Thread(2, ThreadActivity.Blocked, Build.Frame("Load", 12, null));
        one.WaitingFor = new DumpWait { Kind = kind, FrameIndex = 0, ObjectType = type, Timeout = Timeout.InfiniteTimeSpan, Runners = [other], WaitsFor = [other] };
        var gate = new DumpLock { Address = new ObjectAddress(0x7000), Kind = LockKind.Monitor, Owner = one };
        one.HeldLocks = [new HeldLock(gate, 0, IsShared: false)];
        other.WaitingFor = new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 0, Lock = gate, Timeout = Timeout.InfiniteTimeSpan, WaitsFor = [one] };
        gate.Waiters = [other];

        ThreadDump dump = DumpAnalyzer.Analyze(Build.Dump([one, other]));

        Finding finding = Assert.Single(dump.Findings);
        Assert.Equal((FindingKind.Deadlock, $"Deadlock through {through}: 2 threads wait for each other forever"), (finding.Kind, finding.Summary));
        Assert.Equal($"\"t1\" #1 waits for {waits} \"t2\" #2, at MyApp.Program.Work() in /src/Program.cs:line 11", finding.Evidence[0]);
        Assert.Equal([one, other], finding.Threads);
    }

    private static DumpThread Thread(int id, ThreadActivity activity, params DumpFrame[] frames) => Build.Thread(id, $"t{id}", activity, frames);

    private static DumpThread Waiting(WaitKind kind, int id)
    {
        DumpThread thread = Thread(id, ThreadActivity.Waiting, Build.Frame("Work", 8, null));
        thread.WaitingFor = new DumpWait { Kind = kind, FrameIndex = 0, Timeout = Timeout.InfiniteTimeSpan };
        return thread;
    }

    private static DumpFrame Method(string type, string name, int line) => Build.Frame(name, line, null, type: "MyApp." + type);
}
