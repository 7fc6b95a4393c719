using Stackflare.Analysis;
using Stackflare.Tests.Writers;
using Stackflare.Views;

namespace Stackflare.Tests.Views;

/// <summary>A P/Invoke has no line, so sentences and sections name the frame that calls it.</summary>
public sealed class NativeCallTests
{
    private static readonly DumpFrame Call = new()
    {
        Kind = FrameKind.PInvoke,
        Method = new MethodName("MyApp.Native", "usleep", "", "UInt32 time"),
        Symbols = SymbolStatus.NotApplicable,
        Module = Build.App,
    };

    [Fact]
    public void TheProgramsPlaceIsItsCaller()
    {
        DumpFrame caller = Build.Frame("Doze", 12, null);
        DumpThread thread = Build.Thread(1, "a", ThreadActivity.Waiting, [Call, caller]);
        Assert.Same(caller, thread.ProgramFrameFrom(0));
        Assert.Equal((StackOwner.Program, caller), OwnerOf(thread));
    }

    [Fact]
    public void WithoutACallerItIsTheProgramsPlace()
    {
        DumpThread thread = Build.Thread(1, "a", ThreadActivity.Waiting, [Call, Build.Platform("System.Threading.Thread", "StartCallback")]);
        Assert.Same(Call, thread.ProgramFrameFrom(0));
        Assert.Equal((StackOwner.Program, Call), OwnerOf(thread));
    }

    [Fact]
    public void ItIsTheFirstLineOfTheStack()
    {
        string text = Render.Text(Build.Dump(Build.Thread(1, "a", ThreadActivity.Waiting, [Call, Build.Frame("Doze", 12, null)])));
        Assert.Contains("   at MyApp.Native.usleep(UInt32 time)\n   at MyApp.Program.Doze() in /src/Program.cs:line 12\n", text, StringComparison.Ordinal);
    }

    private static (StackOwner Owner, DumpFrame? Place) OwnerOf(DumpThread thread)
    {
        using var stacks = new VisibleStacks([thread], all: false, callers: true);
        return new StackOwners(stacks, []).Of(thread.Frames);
    }
}
