using System.Reflection;
using System.Reflection.Emit;
using Stackflare.Fixtures.Shapes;
using Stackflare.Snapshots;
using Stackflare.Symbols;
using Stackflare.Symbols.Names;

namespace Stackflare.Tests.Symbols.Names;

/// <summary>Type tables, signatures and names of which some are made to hurt.</summary>
public sealed class SnapshotNameTests
{
    private readonly Symbolicator _symbolicator = new(new SymbolOptions());

    [Fact]
    public void TypesAreSpelledWithTheirArguments()
    {
        var builder = new CodeSnapshot();
        int number = builder.Type(typeof(int));
        int array = builder.Array(number, 2);
        int list = builder.Type(typeof(List<>), array);
        int nested = builder.Type(typeof(Plain.Outer<>.Inner<>), number, list);
        int unknown = builder.Type(null, 0);
        int pair = builder.Type(typeof(KeyValuePair<,>), unknown, number);
        Snapshot snapshot = builder.Build();
        Assert.Equal("System.Int32", _symbolicator.TypeName(snapshot, number));
        Assert.Equal("System.Int32[,]", _symbolicator.TypeName(snapshot, array));
        Assert.Equal("System.Collections.Generic.List`1[System.Int32[,]]", _symbolicator.TypeName(snapshot, list));
        Assert.Equal(
            "Stackflare.Fixtures.Shapes.Plain.Outer`1.Inner`1[System.Int32,System.Collections.Generic.List`1[System.Int32[,]]]",
            _symbolicator.TypeName(snapshot, nested));
        Assert.Equal("System.Collections.Generic.KeyValuePair`2[?,System.Int32]", _symbolicator.TypeName(snapshot, pair));
        Assert.Equal("?", _symbolicator.TypeName(snapshot, unknown));
    }

    [Fact]
    public void FramesHaveTheArgumentsOfTheirTypeAndThenTheirOwn()
    {
        var builder = new CodeSnapshot();
        int number = builder.Type(typeof(int)), text = builder.Type(typeof(string));
        int type = builder.Type(typeof(Plain.Outer<>.Inner<>), number, text);
        MethodInfo run = typeof(Plain.Outer<>.Inner<>).GetMethod("Run")!;
        builder.Frame(builder.Method(builder.Module(run.Module), run.MetadataToken, declaringType: type, arguments: [number]));
        builder.Frame(builder.Method(Resolving.Method));
        DumpFrame[] frames = _symbolicator.Resolve(builder.Build());
        Assert.Equal(["System.Int32", "System.String", "System.Int32"], frames[0].TypeArguments);
        Assert.Empty(frames[1].TypeArguments);
    }

    [Fact]
    public void ExponentialAndCyclicTypesAreCut()
    {
        var builder = new CodeSnapshot();
        int module = builder.Module(typeof(int).Module);
        int token = typeof(KeyValuePair<,>).MetadataToken;
        for (int i = 0; i < 60; i++)
            builder.Type(module, token, arguments: [i + 1, i + 1]);
        builder.Type(module, token, arguments: [0, 60]);
        builder.Array(61, 1);
        Snapshot snapshot = builder.Build();
        for (int i = 0; i < snapshot.Types.Length; i++)
            Assert.InRange(_symbolicator.TypeName(snapshot, i).Length, 1, 2 * SymbolLimits.TypeNameCharacters);
        Assert.Contains("…", _symbolicator.TypeName(snapshot, 0));
    }

    [Fact]
    public void DynamicMethodsAreNamedByTheSnapshot()
    {
        var method = new DynamicMethod("Made", typeof(void), [typeof(int), typeof(string[]), typeof(object)]);
        SignatureHelper helper = SignatureHelper.GetMethodSigHelper(CallingConventions.Standard, typeof(void));
        helper.AddArguments([typeof(int), typeof(string[]), typeof(object)], null, null);
        byte[] signature = helper.GetSignature();
        DumpFrame frame = Dynamic(method.Name, signature);
        Assert.Equal("Made(Int32, String[], Object)", frame.Method.ToString());
        Assert.Equal(FrameKind.Dynamic, frame.Kind);
        Assert.Equal(SymbolStatus.NotApplicable, frame.Symbols);
        Assert.Null(frame.Module);
        Assert.False(frame.IsHidden);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x00, 0x01, 0x01, 0x21, 1, 2, 3, 4, 5, 6, 7, 8 })] // ELEMENT_TYPE_INTERNAL
    [InlineData(new byte[] { 0x00, 0x01, 0x01, 0x12, 0x05 })] // a class, whose token leads nowhere
    [InlineData(new byte[] { 0x00, 0x05, 0x01, 0x08 })] // cut short
    [InlineData(new byte[] { 0x00, 0xDF, 0xFF, 0xFF, 0xFF, 0x01 })]
    public void ParametersThatCannotBeToldAreNotKnown(byte[] signature) =>
        Assert.Null(Dynamic("Made", signature).Method.Parameters);

    [Fact]
    public void DeepSignaturesAreCut()
    {
        byte[] signature = new byte[60_000];
        Array.Fill(signature, (byte)0x0F);
        (signature[0], signature[1], signature[2]) = (0, 1, 1);
        Assert.Null(Dynamic("Made", signature).Method.Parameters);
        Array.Fill(signature, (byte)0x1F, 3, signature.Length - 3);
        Assert.Null(Dynamic("Made", signature).Method.Parameters);
    }

    [Fact]
    public void StubsOfTheRuntimeAreHidden()
    {
        DumpFrame frame = Dynamic("IL_STUB_PInvoke", [0, 0, 1]);
        Assert.True(frame.IsHidden);
        Assert.Equal("IL_STUB_PInvoke()", frame.Method.ToString());
    }

    [Fact]
    public void EmittedMethodsAreNamedByTheSnapshot()
    {
        var builder = new CodeSnapshot();
        int module = builder.Module("Emitted", Guid.NewGuid(), isDynamic: true);
        builder.Frame(builder.Method(
            module, 0x06000001, "Run", "Space.Outer+Inner", [0x20, 0x02, 0x01, 0x10, 0x08, 0x14, 0x0E, 0x02, 0x00, 0x00]));
        DumpFrame frame = _symbolicator.Resolve(builder.Build()).Single();
        Assert.Equal("Space.Outer.Inner.Run(Int32&, String[,])", frame.Method.ToString());
        Assert.Equal(FrameKind.Managed, frame.Kind);
        Assert.Equal(SymbolStatus.NotApplicable, frame.Symbols);
        Assert.Equal(("Emitted", null), (frame.Module!.Name, frame.Module.Path));
    }

    [Fact]
    public void NativeFramesSaySo()
    {
        Snapshot snapshot = new CodeSnapshot().Frame(null, -1).Frame(null).Build();
        foreach (DumpFrame frame in _symbolicator.Resolve(snapshot))
        {
            Assert.Equal(FrameKind.Native, frame.Kind);
            Assert.Equal("[native code]", frame.Method.FullName);
            Assert.Equal(SymbolStatus.NotApplicable, frame.Symbols);
            Assert.True(frame.IsHidden);
        }
    }

    [Fact]
    public void OwnMethodsAreHidden()
    {
        var builder = new CodeSnapshot();
        builder.Frame(builder.Method(typeof(Symbolicator).GetMethod(nameof(Symbolicator.Resolve))!));
        builder.Frame(builder.Method(builder.Module(null, null), 0x06000001));
        builder.Frame(builder.Method(null, 0x06000001));
        DumpFrame[] frames = _symbolicator.Resolve(builder.Build());
        Assert.True(frames[0].IsHidden);
        Assert.Equal("<unknown>!0x06000001", frames[1].Method.Name);
        Assert.Equal("<unknown>!0x06000001", frames[2].Method.Name);
        Assert.False(frames[1].IsHidden);
    }

    private static bool HasFunctionPointer(Type type) => type.IsFunctionPointer || (type.HasElementType && HasFunctionPointer(type.GetElementType()!));

    /// <summary>The spelling against reflection's, over a library that has about everything.</summary>
    [Fact]
    public void TheSpellingOfACoreLibraryIsReflections()
    {
        var builder = new CodeSnapshot();
        var methods = new List<MethodBase>();
        const BindingFlags all = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;
        foreach (Type type in typeof(object).Assembly.GetTypes())
        {
            foreach (MethodBase method in type.GetMembers(all).OfType<MethodBase>())
            {
                // Explicit implementations have shorter names here.
                bool special = (method.IsSpecialName && !method.IsConstructor) || method.Name.LastIndexOf('.') > 0;
                // Reflection has no names for function pointers.
                special |= method.GetParameters().Any(static p => HasFunctionPointer(p.ParameterType));
                if (special || type.FullName!.Contains('<') || method.Name.StartsWith('<') || method.MetadataToken % 5 != 0)
                    continue;
                methods.Add(method);
                builder.Frame(builder.Method(method), -1);
            }
        }
        DumpFrame[] frames = _symbolicator.Resolve(builder.Build());
        for (int i = 0; i < frames.Length; i++)
            Assert.Equal(Spelling(methods[i]), frames[i].Method.ToString());
    }

    [Theory]
    [InlineData("op_UnaryPlus", "operator +")]
    [InlineData("op_ExclusiveOr", "operator ^")]
    [InlineData("op_LeftShift", "operator <<")]
    [InlineData("op_UnsignedRightShiftAssignment", "operator >>>=")]
    [InlineData("op_CheckedAdditionAssignment", "operator checked +=")]
    [InlineData("op_IncrementAssignment", "operator ++")]
    [InlineData("op_CheckedIncrement", "operator checked ++")]
    [InlineData("op_False", "operator false")]
    [InlineData("op_Inequality", "operator !=")]
    [InlineData("op_LessThanOrEqual", "operator <=")]
    [InlineData("op_Implicit", "implicit operator")]
    [InlineData("op_Explicit", "explicit operator")]
    [InlineData("op_PipeRight", null)]
    [InlineData("Addition", null)]
    public void OperatorsHaveTheirSymbols(string name, string? expected) => Assert.Equal(expected, OperatorNames.Spell(name));

    [Theory]
    [InlineData("<>c")]
    [InlineData("<")]
    [InlineData("<a")]
    [InlineData("<a>")]
    [InlineData("<>b__0")]
    [InlineData("<a>g__|0")]
    [InlineData("<a>g__b")]
    [InlineData("<Clone>$")]
    [InlineData("a<b>b__0")]
    [InlineData("load@")]
    [InlineData("@12")]
    [InlineData("load@12-")]
    [InlineData("load@x")]
    public void OtherNamesAreLeftAlone(string name)
    {
        Assert.False(CompilerNames.TryLambda(name, out _));
        Assert.False(CompilerNames.TryLocalFunction(name, out _, out _));
        Assert.False(CompilerNames.TryStateMachine(name, out _));
        Assert.Equal(name, CompilerNames.TypeName(name));
    }

    [Theory]
    [InlineData("<<get_Loader>b__0_0>d", "Loader.get.lambda")]
    [InlineData("<<add_Changed>g__Begin|0_0>d", "Changed.add.Begin")]
    [InlineData("<<getAll>b__0_0>d", "getAll.lambda")]
    [InlineData("<>c__DisplayClass3_0", "captured variables")]
    [InlineData("load@12", "load")]
    [InlineData("load@12-1", "load")]
    public void TypesOfCompilersHaveTheNamesOfTheirSource(string name, string expected) => Assert.Equal(expected, CompilerNames.TypeName(name));

    private static string Spelling(MethodBase method)
    {
        string generic = method.IsGenericMethod ? "[" + string.Join(',', method.GetGenericArguments().Select(a => a.Name)) + "]" : "";
        string parameters = string.Join(
            ", ", method.GetParameters().Select(p => string.IsNullOrEmpty(p.Name) ? p.ParameterType.Name : $"{p.ParameterType.Name} {p.Name}"));
        return $"{method.DeclaringType!.FullName!.Replace('+', '.')}.{method.Name}{generic}({parameters})";
    }

    private DumpFrame Dynamic(string name, byte[] signature)
    {
        var builder = new CodeSnapshot();
        return _symbolicator.Resolve(
            builder.Frame(builder.Method(null, 0, name, null, signature, isDynamic: true)).Build()).Single();
    }
}
