using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Stackflare.Fixtures.NoPdb;

public static class Standing
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static StackTrace Stand(int n) => new(fNeedFileInfo: true);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<StackTrace> StandAsync(int n)
    {
        var trace = new StackTrace(fNeedFileInfo: true);
        await Task.CompletedTask;
        return trace;
    }
}
