using System.Reflection;
using Stackflare.Symbols.Names;

namespace Stackflare.Tests.Symbols.Names;

/// <summary>Held against the core library that runs the tests.</summary>
public sealed class AsyncMachineryTests
{
    [Fact]
    public void EveryBuilderIsKnown()
    {
        Type[] builders = [.. typeof(object).Assembly.GetTypes().Where(t => t.Namespace == "System.Runtime.CompilerServices" && t.Name.Contains("MethodBuilder", StringComparison.Ordinal) && !t.IsSubclassOf(typeof(Attribute)))];
        MethodInfo[] starts = [.. builders.SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static)).Where(m => m.Name is "Start" or "MoveNext" && m.IsGenericMethod)];
        Assert.InRange(starts.Length, 6, 20);
        Assert.All(starts, m => Assert.True(AsyncMachinery.Contains(Name(m.DeclaringType!, m.Name)), $"{m.DeclaringType}.{m.Name}"));

        Type[] boxes = [.. typeof(object).Assembly.GetTypes().Where(t => t.DeclaringType is { } outer && builders.Contains(outer) && t.Name.EndsWith("StateMachineBox`1", StringComparison.Ordinal))];
        Assert.InRange(boxes.Length, 2, 6);
        Assert.All(boxes, t => Assert.True(AsyncMachinery.Contains(Name(t, "MoveNext")), t.FullName));
    }

    /// <summary>What a program calls, and what completes a task, is shown.</summary>
    [Theory]
    [InlineData("System.Runtime.CompilerServices.AsyncTaskMethodBuilder", "SetResult")]
    [InlineData("System.Runtime.CompilerServices.TaskAwaiter", "GetResult")]
    [InlineData("System.Runtime.CompilerServices.RuntimeHelpers", "RunClassConstructor")]
    [InlineData("System.Threading.Thread", "Start")]
    [InlineData("MyApp.MethodBuilder", "Start")]
    public void OthersAreNot(string type, string method) => Assert.False(AsyncMachinery.Contains(new MethodName(type, method, "", "")));

    private static MethodName Name(Type type, string method) =>
        new($"System.Runtime.CompilerServices.{(type.DeclaringType is { } outer ? outer.Name + "." : "")}{type.Name}", method, "", "");
}
