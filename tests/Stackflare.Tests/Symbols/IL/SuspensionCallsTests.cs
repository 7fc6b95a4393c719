using System.Runtime.CompilerServices;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.Modules;

namespace Stackflare.Tests.Symbols.IL;

/// <summary>Where methods wait that have no state machine: this assembly has calls of the same names as the compiler makes.</summary>
public sealed class SuspensionCallsTests
{
    [Fact]
    public void AnAwaitIsACallOfTheRuntimesHelpers()
    {
        using ModuleImage image = Image();
        var calls = new SuspensionCalls(image);
        AwaitCall[] one = calls.AwaitsOf(Token(nameof(One)));
        int[] three = [.. calls.AwaitsOf(Token(nameof(Three))).Select(c => c.ILOffset)];
        Assert.Single(one);
        Assert.Equal(3, three.Length);
        Assert.Equal(three.Order(), three);
        Assert.Empty(calls.AwaitsOf(Token(nameof(None))));
    }

    [Fact]
    public void TheTypeOfAnAwaiterIsTheCallsArgument()
    {
        using ModuleImage image = Image();
        var calls = new SuspensionCalls(image);
        int three = Token(nameof(Three));
        Assert.Equal([null, "YieldAwaiter", "TaskAwaiter`1"], calls.AwaitsOf(three).Select(c => calls.Awaiter(three, c.ILOffset)));
        Assert.Null(calls.Awaiter(three, 0));
        Assert.Null(calls.Awaiter(three, int.MaxValue));
        Assert.Null(calls.Awaiter(three, -1));
    }

    [Fact]
    public void WhatIsNoMethodHasNone()
    {
        using ModuleImage image = Image();
        var calls = new SuspensionCalls(image);
        foreach (int token in (int[])[0, -1, 0x02000001, 0x06FFFFFF, 0x0A000001, 0x2B000001])
        {
            Assert.Empty(calls.AwaitsOf(token));
            Assert.Null(calls.Awaiter(token, 0));
        }
    }

    private static void None() => GC.KeepAlive(new object());

    private static void One() => AsyncHelpers.Await(Task.CompletedTask);

    private static void Three()
    {
        AsyncHelpers.Await(Task.CompletedTask);
        AsyncHelpers.UnsafeAwaitAwaiter(default(YieldAwaitable.YieldAwaiter));
        AsyncHelpers.AwaitAwaiter(default(TaskAwaiter<string>));
    }

    private static int Token(string method) =>
        typeof(SuspensionCallsTests).GetMethod(method, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.MetadataToken;

    private static ModuleImage Image() => ModuleImage.FromFile(typeof(SuspensionCallsTests).Assembly.Location, typeof(SuspensionCallsTests).Module.ModuleVersionId)!;

    private static class AsyncHelpers
    {
        public static void Await(Task task) => GC.KeepAlive(task);

        public static void AwaitAwaiter<TAwaiter>(TAwaiter awaiter) => GC.KeepAlive(awaiter);

        public static void UnsafeAwaitAwaiter<TAwaiter>(TAwaiter awaiter) => GC.KeepAlive(awaiter);
    }
}
