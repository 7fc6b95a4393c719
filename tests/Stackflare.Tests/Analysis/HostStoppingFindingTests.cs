using Stackflare.Analysis;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Analysis;

/// <summary>What a host that stops waits for.</summary>
public sealed class HostStoppingFindingTests
{
    private const string HostType = "Microsoft.Extensions.Hosting.Internal.Host";

    private static readonly DumpFrame[] Stopping = [Build.Platform(HostType, "ForeachService"), Build.Platform(HostType, "StopAsync"), Build.Frame("Main", 3, null)];

    [Fact]
    public void AServiceThatDoesNotStop()
    {
        AsyncStack stack = Build.Stack(Build.For(AsyncWaitKind.TaskCompletionSource), [Build.Async("Flush", 30, null), Build.Async("StopAsync", 21, null), .. Stopping]);
        ThreadDump dump = Build.AsyncDump([], [stack, Build.Stack(Build.For(AsyncWaitKind.Delay), Build.Async("Serve", 4, null))]);

        Finding finding = Assert.Single(DumpAnalyzer.Analyze(dump).Findings);

        Assert.Equal((FindingKind.HostStopping, "The host stops and waits for MyApp.Program.StopAsync", 1), (finding.Kind, finding.Summary, finding.Count));
        Assert.Equal(["at MyApp.Program.Flush() in /src/Program.cs:line 30"], finding.Evidence);
        Assert.Equal([new FindingFrame(stack.Frames[0], 1)], finding.Frames);
    }

    /// <summary>Services that stop at the same time are behind a <c>WhenAll</c>.</summary>
    [Fact]
    public void EachServiceOfSeveral()
    {
        AsyncWait all = new()
        {
            Kind = AsyncWaitKind.WhenAll,
            Pending = 2,
            Unfinished =
            [
                Build.Stack(Build.For(AsyncWaitKind.TaskCompletionSource), Build.Async("StopMail", 30, null)),
                Build.Stack(Build.For(AsyncWaitKind.TaskCompletionSource), Build.Async("StopQueue", 40, null)),
            ],
        };
        ThreadDump dump = Build.AsyncDump([], [Build.Stack(all, Stopping)]);

        Assert.Equal(
            ["The host stops and waits for MyApp.Program.StopMail", "The host stops and waits for MyApp.Program.StopQueue"],
            DumpAnalyzer.Analyze(dump).Findings.Select(static f => f.Summary));
    }

    [Theory]
    [InlineData(HostType, "StopAsync", "The host stops and waits for MyApp.Program.Stop")]
    [InlineData("Microsoft.Extensions.Hosting.Internal.ApplicationLifetime", "StopApplication", "The host stops and waits for MyApp.Program.Stop")]
    [InlineData("System.AppContext", "OnProcessExit", "The process exits and waits for MyApp.Program.Stop")]
    [InlineData(HostType, "StartAsync", null)]
    [InlineData("System.AppContext", "Setup", null)]
    public void AThreadThatBlocks(string type, string method, string? summary)
    {
        DumpThread thread = Build.Thread(1, null, ThreadActivity.Waiting, [Build.Platform("System.Threading.Thread", "Join"), Build.Frame("Stop", 12, null), Build.Platform(type, method)]);

        Finding? finding = DumpAnalyzer.Analyze(Build.Dump(thread)).Findings.SingleOrDefault();

        Assert.Equal(summary, finding?.Summary);
        if (finding is null)
            return;
        Assert.Equal(["at MyApp.Program.Stop() in /src/Program.cs:line 12"], finding.Evidence);
        Assert.Equal([thread], finding.Threads);
    }

    /// <summary>A method that awaited the stop goes on in the stack of the method that has ended, and nobody waits for it.</summary>
    [Theory]
    [InlineData("SetResult")]
    [InlineData("TrySetResult")]
    public void WhatGoesOnAfterTheStopIsNot(string method)
    {
        DumpThread thread = Build.Thread(
            1, null, ThreadActivity.Waiting,
            [
                Build.Frame("WorkOn", 12, null), Build.Frame("Main", 3, null), Build.Platform("System.Runtime.CompilerServices.AsyncTaskMethodBuilder", method, hidden: true),
                Build.Platform(HostType, "StopAsync", hidden: true),
            ]);

        Assert.Empty(DumpAnalyzer.Analyze(Build.Dump(thread)).Findings);
    }

    /// <summary>A service that goes on inside of another method's stack, which is not what the host waits for.</summary>
    [Fact]
    public void TheAsyncCallersAreThoseOfOneFrame()
    {
        DumpThread thread = Build.Thread(4, null, ThreadActivity.Waiting, [Build.Frame("Write", 30, null), Build.Frame("StopAsync", 21, null), Build.Frame("Loop", 12, null)]);
        thread.AsyncCallers = Stopping;
        thread.AwaitedFrameIndex = 1;

        Assert.Equal("The host stops and waits for MyApp.Program.StopAsync", Assert.Single(DumpAnalyzer.Analyze(Build.Dump(thread)).Findings).Summary);
    }

    /// <summary>Native code also calls methods that are called by reflection.</summary>
    [Theory]
    [InlineData("System.RuntimeMethodHandle", "InvokeMethod", false)]
    [InlineData("System.Environment", "Exit", true)]
    public void AnEventHandlerInsideOfNativeCode(string type, string method, bool isExit)
    {
        DumpThread thread = Build.Thread(
            1, null, ThreadActivity.Waiting, [Build.Frame("OnTick", 12, null, "Object sender, EventArgs e"), Build.Native, Build.Platform(type, method), Build.Frame("Main", 3, null)]);

        Assert.Equal(isExit ? ["The process exits and waits for MyApp.Program.OnTick"] : [], DumpAnalyzer.Analyze(Build.Dump(thread)).Findings.Select(static f => f.Summary));
    }

    /// <summary>The framework's method that calls the handlers is not on the stack. On .NET 10, the finalizer thread calls them.</summary>
    [Theory]
    [InlineData("Object sender, EventArgs e", true)]
    // As a redacted dump has it.
    [InlineData("Object, EventArgs", true)]
    [InlineData("Object sender, UnhandledExceptionEventArgs e", false)]
    [InlineData("Object state", false)]
    public void AnExitHandler(string parameters, bool isExit)
    {
        DumpThread thread = new()
        {
            OsId = new OsThreadId(7),
            ManagedId = new ManagedThreadId(2),
            Name = ".NET Finalizer",
            Activity = ThreadActivity.Waiting,
            OffCpuTime = TimeSpan.FromSeconds(12),
            Frames = [Build.Frame("Flush", 20, null), Build.Frame("OnExit", 12, null, parameters), Build.Native],
        };

        Finding finding = Assert.Single(DumpAnalyzer.Analyze(Build.Dump(thread)).Findings);

        Assert.Equal(isExit ? "The process exits and waits for MyApp.Program.OnExit" : "No finalizer runs: the finalizer thread has been in one for at least 12 s", finding.Summary);
        Assert.Equal(20, finding.Frames.Single().Frame.Source!.Line);
    }

    /// <summary>The callers of a method that runs are async.</summary>
    [Fact]
    public void AThreadWhoseCallerIsTheHost()
    {
        DumpThread thread = Build.Thread(4, null, ThreadActivity.Running, [Build.Frame("Stop", 12, null)]);
        thread.AsyncCallers = Stopping;

        Assert.Equal("The host stops and waits for MyApp.Program.Stop", Assert.Single(DumpAnalyzer.Analyze(Build.Dump(thread)).Findings).Summary);
    }

    [Fact]
    public void TheServerWaitsForItsRequests()
    {
        AsyncStack request = Build.Stack(Build.For(AsyncWaitKind.TaskCompletionSource), Build.Async("Report", 50, null));
        AsyncStack server = Build.Stack(
            Build.For(AsyncWaitKind.TaskCompletionSource), [Build.Platform("Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerImpl", "StopAsync"), .. Stopping]);
        ThreadDump dump = Build.AsyncDump([], [server, request]) with
        {
            Requests =
            [
                new RequestInFlight { Method = "GET", Path = "/report", Age = TimeSpan.FromSeconds(34), AsyncStack = request },
                new RequestInFlight { Method = "GET", Path = "/socket", Age = TimeSpan.FromSeconds(90), IsUpgraded = true },
            ],
        };

        Finding finding = Assert.Single(DumpAnalyzer.Analyze(dump).Findings);

        Assert.Equal("The host stops and waits for the requests of the web server", finding.Summary);
        Assert.Equal(
            ["1 request in flight", "GET /report for 34 s at MyApp.Program.Report() in /src/Program.cs:line 50", "1 connection is used for something else, for example a WebSocket"],
            finding.Evidence);
        Assert.Equal([new FindingFrame(request.Frames[0], 1)], finding.Frames);

        Assert.Equal(["no request in flight is known: a connection may still be open"], Assert.Single(DumpAnalyzer.Analyze(dump with { Findings = [], Requests = [] }).Findings).Evidence);
    }
}
