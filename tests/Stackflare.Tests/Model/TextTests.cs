using Stackflare.Tests.Analysis;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Model;

/// <summary>What a log has of a dump and its parts. A name that the program chose can fake no line of it.</summary>
public sealed class TextTests
{
    private const string Evil = "a\n[INFO] all is well\u001b[2J\u2028b";

    [Fact]
    public void OfAFrameIsTheLineOfAStackTrace()
    {
        Assert.Equal("MyApp.Program.Run(Int32 n) in /src/Program.cs:line 12", Build.Frame("Run", 12, null, "Int32 n").ToString());
        Assert.Equal("[native code](...)", Build.Native.ToString());
    }

    [Fact]
    public void OfAThreadIsItsNameAndItsStack()
    {
        DumpThread thread = Build.Thread(3, "say \"when\"", ThreadActivity.Waiting, [Build.Frame("Stub", 1, null, hidden: true), Build.Frame("Run", 12, null), Build.Native]);
        Assert.Equal(
            "\"say \\\"when\\\"\" #3 tid=4244 waiting\n   at MyApp.Program.Run() in /src/Program.cs:line 12\n   at [native code](...)", thread.ToString());
        Assert.Equal("\"Thread 9\" tid=9", new DumpThread { OsId = new OsThreadId(9) }.ToString());
    }

    [Theory]
    [InlineData(200, null)]
    [InlineData(201, "   ... and 1 more frames")]
    [InlineData(20_000, "   ... and 19,800 more frames")]
    public void OfADeepStackIsBounded(int frames, string? more)
    {
        DumpFrame frame = Build.Frame("Down", 7, null);
        string[] lines = Build.Thread(1, "deep", ThreadActivity.Running, [.. Enumerable.Repeat(frame, frames)]).ToString().Split('\n');
        Assert.Equal(200, lines.Count(l => l.StartsWith("   at MyApp.Program.Down()", StringComparison.Ordinal)));
        Assert.Equal(more, lines[^1].StartsWith("   ...", StringComparison.Ordinal) ? lines[^1] : null);
    }

    [Fact]
    public void OfADumpIsItsText()
    {
        foreach (string name in (string[])["ordinary", "deadlock", "hostile", "async"])
            Assert.Equal(Render.Text(SampleDumps.Get(name)), SampleDumps.Get(name).ToString());
    }

    [Fact]
    public void OfADeadlockIsWhatTheDiagnosisSays()
    {
        DumpThread[] t = [Waiting.Thread(1), Waiting.Thread(2)];
        t[0].WaitsFor(t[1]);
        t[1].Joins(t[0]);
        ThreadDump dump = Stackflare.Analysis.DumpAnalyzer.Analyze(Build.Dump(t));
        Deadlock deadlock = Assert.Single(dump.Deadlocks);
        Assert.Equal(
            """
            Deadlock: 2 threads wait for each other forever
              "t1" #1 waits to lock <0x7000> (MyApp.Gate) held by "t2" #2, at MyApp.Program.Work() in /src/Program.cs:line 11
              "t2" #2 waits for the end of "t1" #1, at MyApp.Program.Work() in /src/Program.cs:line 12
            """, deadlock.ToString());
        Assert.Equal(deadlock.ToString(), Assert.Single(dump.Findings).ToString());
        Assert.Equal("\"t2\" #2 waits for the end of \"t1\" #1, at MyApp.Program.Work() in /src/Program.cs:line 12", deadlock.Steps[1].ToString());
        Assert.Equal("<0x7000> (MyApp.Gate)", t[0].WaitingFor!.Lock!.ToString());
    }

    [Fact]
    public void NamesOfTheProgramAreEscapedEverywhere()
    {
        DumpFrame frame = Build.Frame(Evil, 1, null, type: Evil, path: Evil);
        DumpThread thread = Build.Thread(1, Evil, ThreadActivity.Waiting, [frame]);
        var gate = new DumpLock { Address = new ObjectAddress(1), Kind = LockKind.Monitor, Type = Evil, Owner = thread, Waiters = [thread] };
        thread.WaitingFor = new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 0, Lock = gate };
        var step = new DeadlockStep(thread, thread.WaitingFor, thread);
        object[] parts =
        [
            frame, thread, gate, step, new Deadlock([step], []), new Finding(FindingKind.Spinning, Evil, [Evil], [thread]), new RuntimeThread(new OsThreadId(1), Evil, ThreadActivity.Waiting, TimeSpan.Zero),
            Build.Dump(thread),
        ];
        foreach (object part in parts)
        {
            string text = part.ToString()!;
            Assert.Contains("[INFO]", text, StringComparison.Ordinal);
            Assert.DoesNotContain(text.Split('\n'), l => l.StartsWith("[INFO]", StringComparison.Ordinal));
            Assert.Equal(-1, text.AsSpan().IndexOfAny("\u001b\u2028\r"));
        }
    }
}
