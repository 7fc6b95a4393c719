using System.Runtime.CompilerServices;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>Lets a time be awaited.</summary>
internal static class AwaitableTime
{
    public static TaskAwaiter GetAwaiter(this TimeSpan time) => Task.Delay(time).GetAwaiter();
}
