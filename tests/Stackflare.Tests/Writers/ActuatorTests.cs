using System.Text.Json;
using static System.Text.Json.JsonValueKind;

namespace Stackflare.Tests.Writers;

/// <summary>The thread dump of Spring Boot's actuator, property by property, as its reference documentation lists them.</summary>
public sealed class ActuatorTests
{
    private static readonly string[] States = ["NEW", "RUNNABLE", "BLOCKED", "WAITING", "TIMED_WAITING", "TERMINATED"];

    private static readonly Dictionary<string, (JsonValueKind Kind, bool IsOptional)> Thread = new()
    {
        ["blockedCount"] = (Number, false),
        ["blockedTime"] = (Number, false),
        ["daemon"] = (True, true),
        ["inNative"] = (True, false),
        ["lockName"] = (JsonValueKind.String, true),
        ["lockInfo"] = (JsonValueKind.Object, true),
        ["lockedMonitors"] = (JsonValueKind.Array, false),
        ["lockedSynchronizers"] = (JsonValueKind.Array, false),
        ["lockOwnerId"] = (Number, false),
        ["lockOwnerName"] = (JsonValueKind.String, true),
        ["priority"] = (Number, true),
        ["stackTrace"] = (JsonValueKind.Array, false),
        ["suspended"] = (True, false),
        ["threadId"] = (Number, false),
        ["threadName"] = (JsonValueKind.String, false),
        ["threadState"] = (JsonValueKind.String, false),
        ["waitedCount"] = (Number, false),
        ["waitedTime"] = (Number, false),
    };

    private static readonly Dictionary<string, (JsonValueKind Kind, bool IsOptional)> Lock = new()
    {
        ["className"] = (JsonValueKind.String, false),
        ["identityHashCode"] = (Number, false),
    };

    private static readonly Dictionary<string, (JsonValueKind Kind, bool IsOptional)> Monitor = new(Lock)
    {
        ["lockedStackDepth"] = (Number, false),
        ["lockedStackFrame"] = (JsonValueKind.Object, true),
    };

    private static readonly Dictionary<string, (JsonValueKind Kind, bool IsOptional)> Frame = new()
    {
        ["classLoaderName"] = (JsonValueKind.String, true),
        ["className"] = (JsonValueKind.String, false),
        ["fileName"] = (JsonValueKind.String, true),
        ["lineNumber"] = (Number, false),
        ["methodName"] = (JsonValueKind.String, false),
        ["moduleName"] = (JsonValueKind.String, true),
        ["moduleVersion"] = (JsonValueKind.String, true),
        ["nativeMethod"] = (True, false),
    };

    // Not the stack of a million frames.
    public static TheoryData<string> Names => [.. SampleDumps.Names.Where(n => n != "folding")];

    [Theory, MemberData(nameof(Names))]
    public void FollowsThePublishedShape(string name)
    {
        foreach (RenderOptions options in new[] { RenderOptions.Default, Render.All })
        {
            JsonElement root = Write(SampleDumps.Get(name), options);
            JsonProperty only = Assert.Single(root.EnumerateObject());
            Assert.Equal("threads", only.Name);
            foreach (JsonElement thread in only.Value.EnumerateArray())
            {
                Check(thread, Thread);
                Assert.Contains(thread.GetProperty("threadState").GetString(), States);
                if (thread.TryGetProperty("lockInfo", out JsonElement info))
                {
                    Check(info, Lock);
                    // As Java writes the description of a lock.
                    Assert.Equal($"{info.GetProperty("className")}@{info.GetProperty("identityHashCode").GetInt32():x}", thread.GetProperty("lockName").GetString());
                }
                int depth = thread.GetProperty("stackTrace").GetArrayLength();
                Assert.All(thread.GetProperty("stackTrace").EnumerateArray(), f => Check(f, Frame));
                Assert.All(thread.GetProperty("lockedSynchronizers").EnumerateArray(), l => Check(l, Lock));
                foreach (JsonElement monitor in thread.GetProperty("lockedMonitors").EnumerateArray())
                {
                    Check(monitor, Monitor);
                    int at = monitor.GetProperty("lockedStackDepth").GetInt32();
                    Assert.InRange(at, -1, depth - 1);
                    Assert.Equal(at >= 0, monitor.TryGetProperty("lockedStackFrame", out JsonElement frame));
                    if (at >= 0)
                        Assert.True(JsonElement.DeepEquals(thread.GetProperty("stackTrace")[at], frame));
                }
            }
        }
    }

    [Fact]
    public void ADeadlockIsACycleOfOwners()
    {
        JsonElement[] threads = Threads("deadlock");
        JsonElement shipping = Named(threads, "shipping"), refunds = Named(threads, "refunds");
        Assert.Equal(("BLOCKED", refunds.GetProperty("threadId").GetInt32(), "refunds"), (State(shipping), shipping.GetProperty("lockOwnerId").GetInt32(), shipping.GetProperty("lockOwnerName").GetString()));
        Assert.Equal(shipping.GetProperty("threadId").GetInt32(), refunds.GetProperty("lockOwnerId").GetInt32());
        // A lock is the same object for the thread that holds it and for the thread that waits for it.
        Assert.Equal(Identity(refunds.GetProperty("lockInfo")), Identity(Assert.Single(shipping.GetProperty("lockedMonitors").EnumerateArray())));
        Assert.Equal(Identity(shipping.GetProperty("lockInfo")), Identity(Assert.Single(refunds.GetProperty("lockedSynchronizers").EnumerateArray())));
        Assert.Equal("OrderService.Warehouse", refunds.GetProperty("lockInfo").GetProperty("className").GetString());
        // The frame that took it, in a stack without hidden frames.
        Assert.Equal("Ship", shipping.GetProperty("lockedMonitors")[0].GetProperty("lockedStackFrame").GetProperty("methodName").GetString());
    }

    [Fact]
    public void AFrameHasItsPlace()
    {
        JsonElement[] stack = [.. Named(Threads("ordinary"), "worker").GetProperty("stackTrace").EnumerateArray()];
        Assert.Equal(["System.Threading.Monitor.Enter", "MyApp.Program.Work"], stack.Select(f => $"{f.GetProperty("className")}.{f.GetProperty("methodName")}"));
        Assert.Equal(("Program.cs", 31, "MyApp.dll", false),
            (stack[1].GetProperty("fileName").GetString(), stack[1].GetProperty("lineNumber").GetInt32(), stack[1].GetProperty("moduleName").GetString(), stack[1].GetProperty("nativeMethod").GetBoolean()));
        Assert.Equal(-1, stack[0].GetProperty("lineNumber").GetInt32());
        Assert.False(stack[0].TryGetProperty("fileName", out _));
        Assert.Equal(3, Named(Threads("ordinary", Render.All), "worker").GetProperty("stackTrace").GetArrayLength());
    }

    [Fact]
    public void NativeAndDynamicFramesHaveAClass()
    {
        JsonElement thread = Assert.Single(Write(Build.Dump(Build.Thread(1, "n", ThreadActivity.Unknown, [Build.Native, Build.Dynamic]))).GetProperty("threads").EnumerateArray());
        Assert.Equal((true, "RUNNABLE"), (thread.GetProperty("inNative").GetBoolean(), State(thread)));
        JsonElement native = thread.GetProperty("stackTrace")[0], dynamic = thread.GetProperty("stackTrace")[1];
        Assert.Equal(("[native]", true, -2), (native.GetProperty("className").GetString(), native.GetProperty("nativeMethod").GetBoolean(), native.GetProperty("lineNumber").GetInt32()));
        Assert.Equal(("[dynamic]", "Compiled"), (dynamic.GetProperty("className").GetString(), dynamic.GetProperty("methodName").GetString()));
    }

    [Theory]
    [InlineData(ThreadActivity.Running, null, "RUNNABLE")]
    [InlineData(ThreadActivity.Stopped, null, "RUNNABLE")]
    [InlineData(ThreadActivity.Waiting, null, "WAITING")]
    [InlineData(ThreadActivity.Waiting, -1, "WAITING")]
    [InlineData(ThreadActivity.Waiting, 5000, "TIMED_WAITING")]
    [InlineData(ThreadActivity.Sleeping, null, "TIMED_WAITING")]
    [InlineData(ThreadActivity.Sleeping, -1, "WAITING")]
    [InlineData(ThreadActivity.Sleeping, 5000, "TIMED_WAITING")]
    [InlineData(ThreadActivity.Blocked, 5000, "BLOCKED")]
    public void StatesAreThoseOfJava(ThreadActivity activity, int? timeout, string expected)
    {
        DumpThread thread = Build.Thread(1, "t", activity, []);
        if (timeout is { } ms)
            thread.WaitingFor = new DumpWait { Kind = WaitKind.Sleep, FrameIndex = 0, Timeout = TimeSpan.FromMilliseconds(ms) };
        JsonElement written = Assert.Single(Write(Build.Dump(thread)).GetProperty("threads").EnumerateArray());
        Assert.Equal((expected, activity == ThreadActivity.Stopped), (State(written), written.GetProperty("suspended").GetBoolean()));
    }

    [Fact]
    public void TheThreadThatTakesTheDumpIsLeftOut()
    {
        ThreadDump dump = Build.Dump(Build.Thread(1, "own", ThreadActivity.Running, [], own: true), Build.Thread(2, "other", ThreadActivity.Running, []));
        Assert.Equal(["other"], Write(dump).GetProperty("threads").EnumerateArray().Select(t => t.GetProperty("threadName").GetString()));
        Assert.Equal(2, Write(dump, Render.All).GetProperty("threads").GetArrayLength());
    }

    private static void Check(JsonElement value, Dictionary<string, (JsonValueKind Kind, bool IsOptional)> shape)
    {
        Assert.Empty(shape.Where(p => !p.Value.IsOptional).Select(p => p.Key).Except(value.EnumerateObject().Select(p => p.Name)));
        foreach (JsonProperty property in value.EnumerateObject())
        {
            Assert.True(shape.TryGetValue(property.Name, out var known), property.Name);
            Assert.Equal(known.Kind, property.Value.ValueKind == False ? True : property.Value.ValueKind);
            if (known.Kind == Number)
                Assert.True(property.Value.TryGetInt32(out _));
        }
        Assert.Equal(value.EnumerateObject().Count(), value.EnumerateObject().DistinctBy(p => p.Name).Count());
    }

    private static JsonElement Write(ThreadDump dump, RenderOptions? options = null) => JsonDocument.Parse(Render.With(dump, DumpFormat.Actuator, options)).RootElement;

    private static JsonElement[] Threads(string name, RenderOptions? options = null) => [.. Write(SampleDumps.Get(name), options).GetProperty("threads").EnumerateArray()];

    private static JsonElement Named(JsonElement[] threads, string name) => threads.Single(t => t.GetProperty("threadName").GetString() == name);

    private static string? State(JsonElement thread) => thread.GetProperty("threadState").GetString();

    private static int Identity(JsonElement known) => known.GetProperty("identityHashCode").GetInt32();
}
