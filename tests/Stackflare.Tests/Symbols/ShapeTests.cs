using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Stackflare.Fixtures.Shapes;
using Stackflare.Symbols;

namespace Stackflare.Tests.Symbols;

/// <summary>Methods of all shapes, called for real: the innermost frame's name, and that its line is the one the runtime tells.</summary>
public sealed class ShapeTests
{
    private const string Space = "Stackflare.Fixtures.Shapes.";

    private static readonly Dictionary<string, (Action Run, string Name)> Shapes = new()
    {
        ["property get"] = (() => _ = new Members().Count, "Members.Count.get()"),
        ["property set"] = (() => new Members().Count = 1, "Members.Count.set(Int32 value)"),
        ["property init"] = (() => _ = new Members { Once = 1 }, "Members.Once.init(Int32 value)"),
        ["lambda in property"] = (() => _ = new Members().Lazy, "Members.Lazy.get.lambda()"),
        ["indexer get"] = (() => _ = new Members()[1, ""], "Members.this.get(Int32 i, String key)"),
        ["indexer set"] = (() => new Members()[1, ""] = 2, "Members.this.set(Int32 i, String key, Int32 value)"),
        ["event add"] = (() => new Members().Changed += Nothing, "Members.Changed.add(Action value)"),
        ["event remove"] = (() => new Members().Changed -= Nothing, "Members.Changed.remove(Action value)"),
        ["addition"] = (() => _ = new Members() + new Members(), "Members.operator +(Members a, Members b)"),
        ["checked subtraction"] = (
            () => _ = checked(new Members() - new Members()), "Members.operator checked -(Members a, Members b)"),
        ["negation"] = (() => _ = -new Members(), "Members.operator -(Members a)"),
        ["unsigned shift"] = (() => _ = new Members() >>> 1, "Members.operator >>>(Members a, Int32 n)"),
        ["true"] = (() => _ = new Members() ? 1 : 0, "Members.operator true(Members a)"),
        ["implicit"] = (() => { int _ = new Members(); }, "Members.implicit operator(Members a)"),
        ["checked explicit"] = (() => _ = checked((short)new Members()), "Members.explicit operator checked(Members a)"),
        ["compound"] = (CompoundAssignment, "Members.operator +=(Int32 n)"),
        ["lambda in field"] = (() => new Closures().Field(), "Closures..ctor.lambda()"),
        ["lambda in constructor"] = (() => _ = new Closures(1), "Closures..ctor.lambda()"),
        ["lambda"] = (Closures.Static, "Closures.Static.lambda(Int32 number, String text)"),
        ["capturing lambda"] = (() => Closures.Captures(1), "Closures.Captures.lambda(Int32 m)"),
        ["nested lambda"] = (() => Closures.Nested(1), "Closures.Nested.lambda()"),
        ["lambda in generic"] = (() => Closures.InGeneric(""), "Closures.InGeneric.lambda[T](T item)"),
        ["local function"] = (() => Closures.Local(1), "Closures.Local.Inside(String text)"),
        ["generic local function"] = (() => Closures.GenericLocal(1), "Closures.GenericLocal.Inside[T,TLocal](TLocal other)"),
        ["local function in lambda"] = (Closures.LocalInLambda, "Closures.LocalInLambda.Inside()"),
        ["file-local type"] = (Closures.FileLocal, "OnlyHere.Run(OnlyHere self)"),
        ["async"] = (() => Machines.Async(1).GetAwaiter().GetResult(), "Machines.Async(Int32 n)"),
        ["async overload"] = (() => Machines.Async(""), "Machines.Async(String overload)"),
        ["async generic"] = (() => Machines.AsyncGeneric(1, []), "Machines.AsyncGeneric[T](T value, List`1 values)"),
        ["async lambda"] = (Machines.AsyncLambda, "Machines.AsyncLambda.lambda(Int32 n)"),
        ["async local function"] = (() => Machines.AsyncLocal(1), "Machines.AsyncLocal.Inside[T](Int32 n)"),
        ["iterator"] = (Machines.RunIterator, "Machines.Iterator(Int32 n)"),
        ["finally of an iterator"] = (Machines.RunFinally, "Machines.Iterator(Int32 n)"),
        ["explicit iterator"] = (Machines.RunExplicit, "Machines.IEnumerable.GetEnumerator()"),
        ["explicit property"] = (() => _ = ((IStand)new Members()).Explicit, "Members.IStand.Explicit.get()"),
        ["explicit method"] = (() => ((IStand)new Members()).Act(1), "Members.IStand.Act(Int32 n)"),
        ["explicit generic indexer"] = (() => _ = ((IStand<int>)new Stands())[1], "Stands.IStand<int>.this.get(Int32 key)"),
        ["explicit generic event"] = (() => ((IStand<int>)new Stands()).Stood += Nothing, "Stands.IStand<int>.Stood.add(Action value)"),
        ["explicit generic method"] = (() => ((IStand<int>)new Stands()).Run([], []), "Stands.IStand<int>.Run(List`1 all, String[] names)"),
        ["extension property"] = (() => _ = "".Standing, "StandExtensions.Standing.get(String text)"),
        ["static extension property"] = (() => string.Place = 1, "StandExtensions.Place.set(Int32 value)"),
        ["extension operator"] = (() => _ = new Stands() - new Stands(), "StandExtensions.operator -(Stands a, Stands b)"),
        ["odd"] = (Odd, "Plain.Odd(Int32& a, String& b, Int64& c, Int32* d, Int32[,] e, List`1[] f, IntPtr g, delegate*<Int32, Void> h, Object i)"),
        ["async iterator"] = (Machines.RunAsyncIterator, "Machines.AsyncIterator(String text)"),
    };

    private static readonly Dictionary<string, Action> PlainShapes = new()
    {
        ["simple"] = () => Plain.Simple(1, []),
        ["no parameters"] = Plain.NoParameters,
        ["generic"] = () => Plain.Generic<int, string>(1, [], new([])),
        ["wrapped"] = Plain.Wrapped,
        ["nested generic"] = () => new Plain.Outer<int>.Inner<string>().Run(1, "", new long[1]),
        ["constructor"] = () => _ = new Plain.Outer<string>(1),
        ["static constructor"] = () => System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(Plain.StaticConstructor).TypeHandle),
        ["pretender"] = () => Members.get_Pretender(),
        ["pretender beside extensions"] = () => StandExtensions.get_Nothing(),
    };

    public static TheoryData<string> ShapeNames => [.. Shapes.Keys];

    public static TheoryData<string> PlainShapeNames => [.. PlainShapes.Keys];

    [Theory]
    [MemberData(nameof(ShapeNames))]
    public void CompilerMadeMethodsHaveTheirAuthorsName(string shape)
    {
        (Action run, string name) = Shapes[shape];
        (StackFrame expected, DumpFrame actual) = Innermost(run);
        Assert.Equal(Space + name, actual.Method.ToString());
        Assert.Equal(FrameKind.Managed, actual.Kind);
        SameLine(expected, actual);
    }

    [Theory]
    [MemberData(nameof(ShapeNames))]
    public void NamesDoNotNeedThePdb(string shape)
    {
        (Action run, string name) = Shapes[shape];
        using var folder = new TestFolder();
        string copy = folder.Copy(typeof(Here).Module.FullyQualifiedName);
        StackFrame[] trace = Trace(run);
        DumpFrame[] frames = Resolve(new CodeSnapshot { PathOf = path => path.EndsWith("Shapes.dll") ? copy : path }, trace);
        Assert.Equal(Space + name, First(trace, frames).Actual.Method.ToString());
    }

    [Theory]
    [MemberData(nameof(PlainShapeNames))]
    public void OtherMethodsAreSpelledAsExceptionsSpellThem(string shape)
    {
        (StackFrame expected, DumpFrame actual) = Innermost(PlainShapes[shape]);
        Assert.Equal(Spelling(expected), actual.Method.ToString());
        SameLine(expected, actual);
    }

    [Fact]
    public void WholeStacksAreSpelledAsExceptionsSpellThem()
    {
        StackFrame[] trace = Trace(Plain.NoParameters);
        DumpFrame[] frames = Resolve(new CodeSnapshot(), trace);
        Assert.True(frames.Length > 10);
        for (int i = 0; i < frames.Length; i++)
        {
            MethodBase method = trace[i].GetMethod()!;
            bool special = method.Name.StartsWith('<') || method.IsSpecialName || method.Name.Contains("MoveNext");
            if (!special || method.IsConstructor)
                Assert.Equal(Spelling(trace[i]), frames[i].Method.ToString());
        }
    }

    [Fact]
    public void WhatIsMarkedHiddenIsHidden()
    {
        Assert.True(Innermost(Plain.Hidden).Actual.IsHidden);
        Assert.True(Innermost(Plain.HiddenType.Nested.Run).Actual.IsHidden);
        Assert.True(Innermost(() => Machines.AsyncHidden()).Actual.IsHidden);
        Assert.False(Innermost(Plain.NoParameters).Actual.IsHidden);
    }

    [Theory]
    [InlineData(nameof(Machines.AsyncLambda))]
    [InlineData(nameof(Machines.RunAsyncIterator))]
    public void OnlyTheStateMachinesOwnBodyShows(string method)
    {
        StackFrame[] trace = Trace(() => typeof(Machines).GetMethod(method)!.Invoke(null, null));
        DumpFrame[] frames = Resolve(new CodeSnapshot(), trace);
        string[] shown = frames
            .Where(f => !f.IsHidden && f.Module!.Name.EndsWith("Shapes.dll"))
            .Select(f => f.Method.FullName).ToArray();
        Assert.Equal(2, shown.Length);
        Assert.Equal(Space + "Machines." + method, shown[1]);
    }

    [Theory]
    [InlineData("main", "Program.Main(String[] args)")]
    [InlineData("lambda", "Program.Main.lambda(Int32 n)")]
    [InlineData("local", "Program.Main.Inside(String text)")]
    [InlineData("async local", "Program.Main.InsideAsync(Int32 n)")]
    public void TopLevelStatementsAreMain(string argument, string name)
    {
        Assembly program = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, "Stackflare.Fixtures.TopLevel.dll"));
        StackFrame[] trace = Trace(() => program.EntryPoint!.Invoke(null, [new[] { argument }]));
        DumpFrame[] frames = Resolve(new CodeSnapshot(), trace);
        (StackFrame expected, DumpFrame actual) = First(trace, frames);
        Assert.Equal(name, actual.Method.ToString());
        SameLine(expected, actual);

        DumpFrame[] own = frames.Where(f => f.Module!.Name == "Stackflare.Fixtures.TopLevel.dll").ToArray();
        Assert.Equal("Program.Main(String[] args)", own[^1].Method.ToString());
        Assert.True(own[^1].IsHidden);
        Assert.Single(own, f => !f.IsHidden && f.Method.Name == "Main");
    }

    [Theory]
    [InlineData("Copied", "<Clone>$", "Copied.Clone()")]
    [InlineData("Machines+<Iterator>d__", "System.IDisposable.Dispose", "Machines.Iterator.Dispose()")]
    [InlineData("Machines+<Iterator>d__", "System.Collections.Generic.IEnumerator<System.Int32>.get_Current", "Machines.Iterator.Current.get()")]
    public void MembersThatNobodyWroteAreNamedAfterWhatTheyBelongTo(string type, string method, string name)
    {
        Type declaring = typeof(Here).Assembly.GetTypes().First(t => t.FullName!.StartsWith(Space + type, StringComparison.Ordinal));
        MethodInfo made = declaring.GetMethod(method, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)!;
        var builder = new CodeSnapshot();
        DumpFrame frame = new Symbolicator(new SymbolOptions()).Resolve(builder.Frame(builder.Method(made), -1).Build()).Single();
        Assert.Equal(Space + name, frame.Method.ToString());
    }

    [Theory]
    [InlineData("Machines+<Async>d__", "Machines.Async")]
    [InlineData("Machines+<<AsyncLambda>b__", "Machines.AsyncLambda.lambda")]
    [InlineData("Machines+<<AsyncLocal>g__", "Machines.AsyncLocal.Inside")]
    public void AStateMachineHasTheNameOfItsMethod(string type, string name)
    {
        Type machine = typeof(Here).Assembly.GetTypes().First(t => (t.FullName!.Replace("+<>c", "", StringComparison.Ordinal)).StartsWith(Space + type, StringComparison.Ordinal));
        var builder = new CodeSnapshot();
        int of = builder.Type(machine);
        Assert.Equal(Space + name, new Symbolicator(new SymbolOptions()).TypeName(builder.Build(), of));
    }

    [Fact]
    public void ATaskOfAnAsyncMethodIsTheMethod()
    {
        Type machine = typeof(Here).Assembly.GetTypes().First(t => t.FullName!.StartsWith(Space + "Machines+<Async>d__", StringComparison.Ordinal));
        Type box = typeof(AsyncTaskMethodBuilder<>).GetNestedType("AsyncStateMachineBox`1", BindingFlags.NonPublic)!;
        var builder = new CodeSnapshot();
        int of = builder.Type(box, builder.Type(typeof(int)), builder.Type(machine));
        Assert.Equal("async method " + Space + "Machines.Async", new Symbolicator(new SymbolOptions()).TypeName(builder.Build(), of));
    }

    private static unsafe void Odd()
    {
        int a = 0;
        Plain.Odd(ref a, "", out _, &a, new int[1, 1], [], 0, null, "");
    }

    private static void SameLine(StackFrame expected, DumpFrame actual)
    {
        Assert.Equal(SymbolStatus.Found, actual.Symbols);
        Assert.True(expected.GetFileLineNumber() > 0);
        Assert.Equal(expected.GetFileName(), actual.Source!.Path);
        Assert.Equal(expected.GetFileLineNumber(), actual.Source.Line);
        Assert.Equal(expected.GetFileColumnNumber(), actual.Source.Column);
        Assert.Equal(SourceTextOrigin.File, actual.Source.TextOrigin);
        Assert.Equal(File.ReadAllLines(actual.Source.Path)[actual.Source.Line - 1].Trim(), actual.Source.Text);
    }

    private static string Spelling(StackFrame frame)
    {
        string line = new StackTrace(frame).ToString().Trim();
        int end = line.IndexOf(" in ", StringComparison.Ordinal);
        return (end < 0 ? line : line[..end])["at ".Length..];
    }

    private static (StackFrame Expected, DumpFrame Actual) Innermost(Action run)
    {
        StackFrame[] trace = Trace(run);
        return First(trace, Resolve(new CodeSnapshot(), trace));
    }

    /// <summary>The innermost frame that is the shape's, and not a helper's.</summary>
    private static (StackFrame Expected, DumpFrame Actual) First(StackFrame[] trace, DumpFrame[] frames)
    {
        int index = Array.FindIndex(frames, f => f.Method.Name != "Do");
        return (trace[index], frames[index]);
    }

    /// <summary>The frames of methods that have metadata: reflection's stubs have none.</summary>
    private static StackFrame[] Trace(Action run)
    {
        Here.Trace = null;
        run();
        return Here.Trace!.GetFrames().Where(f => f.GetMethod()?.DeclaringType is not null).ToArray();
    }

    private static DumpFrame[] Resolve(CodeSnapshot builder, StackFrame[] trace) =>
        new Symbolicator(new SymbolOptions()).Resolve(builder.Frames(trace).Build());

    private static void CompoundAssignment()
    {
        var members = new Members();
        members += 1;
    }

    private static void Nothing()
    {
    }
}
