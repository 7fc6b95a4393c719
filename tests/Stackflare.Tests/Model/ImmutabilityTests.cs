using System.Reflection;
using System.Runtime.CompilerServices;

namespace Stackflare.Tests.Model;

/// <summary>What is documented as immutable has no setter that a program could call.</summary>
public sealed class ImmutabilityTests
{
    /// <summary>Threads, locks, waits and async stacks refer to each other in cycles: these members are set while a dump is built, before anybody has it.</summary>
    private static readonly string[] LinkedByTheBuilder =
    [
        "AsyncStack.BlockedThreads", "DumpLock.Waiters", "DumpThread.AsyncCallers", "DumpThread.AwaitedFrameIndex", "DumpThread.HeldLocks", "DumpThread.WaitingFor", "DumpWait.CapturedContext", "DumpWait.WaitsFor",
    ];

    [Fact]
    public void NoPublicTypeHasAPublicSetter() => Assert.Empty(Setters(m => m.IsPublic));

    [Fact]
    public void OnlyWhatClosesACycleIsSetByTheBuilder() => Assert.Equal(LinkedByTheBuilder, Setters(m => !m.IsPublic));

    private static IEnumerable<string> Setters(Func<MethodInfo, bool> which) =>
        from type in typeof(Flare).Assembly.GetExportedTypes()
        from property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
        where property.SetMethod is { } setter && which(setter) && !setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit))
        let name = $"{type.Name}.{property.Name}"
        orderby name
        select name;
}
