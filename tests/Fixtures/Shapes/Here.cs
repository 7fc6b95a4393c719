using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Stackflare.Fixtures.Shapes;

/// <summary>Where each shape ends up: keeps the stack as the runtime sees it.</summary>
public static class Here
{
    public static StackTrace? Trace { get; set; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Stand()
    {
        Trace = new StackTrace(1, fNeedFileInfo: true);
        return 0;
    }
}
