using Stackflare.Building;

namespace Stackflare.Tests.Building;

/// <summary>A method with <c>LibraryImport</c> has its name once on a stack.</summary>
public sealed class MarshalledCallsTests
{
    private static readonly ModuleIdentity App = new("App.dll", "/app/App.dll", null);

    private static readonly DumpFrame
        Call = Frame("Native", "Read.__PInvoke", FrameKind.PInvoke), Outer = Frame("Native", "Read", FrameKind.Managed), Caller = Frame("Program", "Main", FrameKind.Managed),
        Stub = new() { Kind = FrameKind.Dynamic, Method = new MethodName("", "IL_STUB_PInvoke", "", null), Symbols = SymbolStatus.NotApplicable, IsHidden = true };

    [Fact]
    public void TheGeneratedCallIsHiddenInsideOfTheMethodThatTheAuthorDeclared()
    {
        Assert.Equal(["Native.Read hidden", "Native.Read", "Program.Main"], Renamed(Call, Outer, Caller));
        Assert.Equal(["Native.Read hidden", " IL_STUB_PInvoke hidden", "Native.Read", "Program.Main"], Renamed(Call, Stub, Outer, Caller));
    }

    [Fact]
    public void ItHasTheNameOfThatMethodIfThatHasNoFrame()
    {
        Assert.Equal(["Native.Read", "Program.Main"], Renamed(Call, Caller));
        Assert.Equal(["Native.Read"], Renamed(Call));
        // Another method of that name.
        Assert.Equal(["Native.Read", "Other.Read"], Renamed(Call, Frame("Other", "Read", FrameKind.Managed)));
    }

    [Fact]
    public void OtherCallsStay()
    {
        DumpFrame declared = Frame("Native", "Read", FrameKind.PInvoke);
        DumpFrame[] stack = [declared, Outer, Caller];
        new MarshalledCalls().Rename(stack);
        Assert.Equal([declared, Outer, Caller], stack);
    }

    [Fact]
    public void EqualFramesStayOneObject()
    {
        var calls = new MarshalledCalls();
        DumpFrame[] one = [Call, Outer], other = [Call, Outer, Caller];
        calls.Rename(one);
        calls.Rename(other);
        Assert.Same(one[0], other[0]);
        Assert.Null(one[0].Method.Parameters);
    }

    private static string[] Renamed(params DumpFrame[] stack)
    {
        new MarshalledCalls().Rename(stack);
        return [.. stack.Select(static f => $"{f.Method.DeclaringType}{(f.Module is null ? " " : ".")}{f.Method.Name}{(f.IsHidden ? " hidden" : "")}")];
    }

    private static DumpFrame Frame(string type, string name, FrameKind kind) =>
        new() { Kind = kind, Method = new MethodName(type, name, "", "Int32 n"), Symbols = SymbolStatus.NoPdb, Module = App };
}
