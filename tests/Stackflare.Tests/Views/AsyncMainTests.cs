using Stackflare.Tests.Writers;
using Stackflare.Views;

namespace Stackflare.Tests.Views;

public sealed class AsyncMainTests
{
    private static readonly DumpFrame Wait = Build.Platform("System.Threading.Tasks.Task", "InternalWait"), Get = Build.Platform("System.Runtime.CompilerServices.TaskAwaiter", "GetResult", hidden: true);
    private static readonly DumpFrame Main = Build.Frame("Main", 1, null, "String[] args", hidden: true);
    private static readonly DumpFrame Entry = Build.Platform("System.Environment", "CallEntryPoint", hidden: true), Native = new() { Kind = FrameKind.Native, Method = new MethodName("", "[native code]", "", null), Symbols = SymbolStatus.NotApplicable, IsHidden = true };

    [Fact]
    public void TheMainThreadIsOneLine()
    {
        ThreadDump dump = Build.Dump(MainThread([Wait, Get, Main, Entry, Native], WaitKind.Task));
        Assert.Contains("\"Main\" #1 tid=4242 background waiting cpu=3ms\n   waits for the async method MyApp.Program.Main(String[] args), for at least 12s\n\n", Render.Text(dump), StringComparison.Ordinal);
        Assert.Contains("started background 4242)>\n  [Waits for the async method MyApp.Program.Main]\n", Render.Traceback(dump), StringComparison.Ordinal);
        string all = Render.Text(dump, Render.All);
        Assert.DoesNotContain("waits for the async method", all, StringComparison.Ordinal);
        Assert.Contains("Task.InternalWait()\n", all, StringComparison.Ordinal);
    }

    public static TheoryData<string, DumpThread> Others => new()
    {
        { "a visible Main", MainThread([Wait, Get, Build.Frame("Main", 1, null)], WaitKind.Task) },
        { "a method between", MainThread([Wait, Get, Build.Frame("Run", 2, null), Main], WaitKind.Task) },
        { "another hidden method", MainThread([Wait, Get, Build.Frame("Start", 2, null, hidden: true)], WaitKind.Task) },
        { "a caller of Main", MainThread([Wait, Get, Main, Build.Frame("Host", 2, null)], WaitKind.Task) },
        { "another wait", MainThread([Wait, Get, Main], WaitKind.WaitHandle) },
        { "another thread", MainThread([Wait, Get, Main], WaitKind.Task, main: false) },
        { "an exception", MainThread([Wait, Get, Main], WaitKind.Task, exception: Build.Exception("System.Exception")) },
    };

    [Theory, MemberData(nameof(Others), DisableDiscoveryEnumeration = true)]
    public void OthersHaveTheirStack(string what, DumpThread thread)
    {
        Assert.True(AsyncMain.Of(thread) is null, what);
        Assert.Contains("Task.InternalWait()\n", Render.Text(Build.Dump(thread)), StringComparison.Ordinal);
    }

    private static DumpThread MainThread(DumpFrame[] frames, WaitKind kind, bool main = true, DumpException? exception = null)
    {
        DumpThread thread = Build.Thread(1, null, ThreadActivity.Waiting, frames, main: main, exception: exception);
        thread.WaitingFor = new DumpWait { Kind = kind, FrameIndex = 1, Object = new ObjectAddress(0x10), AtLeast = TimeSpan.FromSeconds(12), Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        return thread;
    }
}
