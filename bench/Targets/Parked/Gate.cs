using System.Runtime.CompilerServices;

namespace Stackflare.BenchTarget;

/// <summary>Where every thread ends up, for good.</summary>
internal static class Gate
{
    private static readonly ManualResetEvent Closed = new(initialState: false);

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Park() => _ = Closed.WaitOne();
}
