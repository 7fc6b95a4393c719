using System.Text;
using Stackflare.Runtime;

namespace Stackflare.Tests.Runtime;

/// <summary>The descriptor in the forms of .NET 10 and 11, whole and damaged.</summary>
public sealed class ContractDescriptorTests
{
    private const string Text = """
        {"version":2,"baseline":"empty","types":{"Thread":{"Id":16,"GCHandle":[304,"GCHandle"],"!":40},"Empty":{}},
        "globals":{"Size":"0x10","Typed":["0x1f","uint8"],"Plain":7,"Store":[[1],"pointer"],"Name":["x64","string"],"Flavour":"Coreclr"},
        "contracts":{"Thread":1,"StackWalk":"c1"},"subDescriptors":{"GC":[[2],"pointer"]}}
        """;

    [Fact]
    public void EveryFormIsRead()
    {
        ContractDescriptor descriptor = Read(Encoding.UTF8.GetBytes(Text))!;
        Assert.Equal((16u, 304u, 40u), (descriptor.Field("Thread", "Id"), descriptor.Field("Thread", "GCHandle"), descriptor.SizeOf("Thread")));
        Assert.Null(descriptor.Field("Thread", "Name"));
        Assert.Null(descriptor.Field("Nothing", "Id"));
        Assert.Equal((0x10ul, 0x1Ful, 7ul), (descriptor.Global("Size"), descriptor.Global("Typed"), descriptor.Global("Plain")));
        Assert.Equal(0xBBul, descriptor.Global("Store"));
        Assert.Equal(("x64", "Coreclr"), (descriptor.Text("Name"), descriptor.Text("Flavour")));
        Assert.Equal(("1", "c1"), (descriptor.Contract("Thread"), descriptor.Contract("StackWalk")));
        Assert.Null(descriptor.Global("GC"));
    }

    [Fact]
    public void APartOfItIsNone()
    {
        byte[] text = Encoding.UTF8.GetBytes(Text);
        for (int length = 0; length < text.Length; length++)
            Assert.Null(Read(text[..length]));
    }

    [Fact]
    public void WrongBitsAreNoForeignError()
    {
        var random = new Random(17);
        for (int i = 0; i < 5000; i++)
        {
            byte[] text = Encoding.UTF8.GetBytes(Text);
            for (int flips = random.Next(1, 4); flips > 0; flips--)
                text[random.Next(text.Length)] ^= (byte)(1 << random.Next(8));
            ContractDescriptor? descriptor = Read(text);
            _ = descriptor is null ? null : new RuntimeLayout(descriptor);
        }
    }

    /// <summary>A number of a version that was not tested is not used.</summary>
    [Theory]
    [InlineData("1", true)]
    [InlineData("\"c1\"", true)]
    [InlineData("2", false)]
    [InlineData("\"c2\"", false)]
    public void AGroupNeedsAVersionThatIsKnown(string version, bool isKnown)
    {
        string text = "{\"types\":{\"String\":{\"m_StringLength\":8,\"m_FirstChar\":12}},\"globals\":{\"StringMethodTable\":[[0],\"pointer\"]},\"contracts\":{\"Object\":" + version + "}}";
        Assert.Equal(isKnown, new RuntimeLayout(Read(Encoding.UTF8.GetBytes(text))!).Strings is not null);
    }

    /// <summary>Versions of code say which IL was rewritten by numbers of another contract.</summary>
    [Theory]
    [InlineData("1", true)]
    [InlineData("\"c1\"", true)]
    [InlineData("\"c2\"", false)]
    public void VersionsOfCodeNeedBothOfTheirContracts(string version, bool isKnown)
    {
        string text = "{\"types\":{\"MethodDesc\":{\"CodeData\":8},\"MethodDescCodeData\":{\"VersioningState\":8},\"MethodDescVersioningState\":{\"NativeCodeVersionNode\":8},"
            + "\"NativeCodeVersionNode\":{\"Next\":8,\"NativeCode\":16,\"ILVersionId\":24}},\"contracts\":{\"CodeVersions\":1,\"ReJIT\":" + version + "}}";
        Assert.Equal(isKnown, new RuntimeLayout(Read(Encoding.UTF8.GetBytes(text))!).Versions is not null);
    }

    [Fact]
    public void AGroupWithoutOneOfItsRowsIsNotKnown()
    {
        const string text = "{\"types\":{\"String\":{\"m_StringLength\":8}},\"globals\":{\"StringMethodTable\":[[0],\"pointer\"]},\"contracts\":{\"Object\":1}}";
        Assert.Null(new RuntimeLayout(Read(Encoding.UTF8.GetBytes(text))!).Strings);
    }

    private static ContractDescriptor? Read(byte[] text)
    {
        const ulong at = 0x1000, textAt = 0x2000, pointersAt = 0x8000;
        FakeMemory memory = new FakeMemory().Pointers(at, 0x0043414443434e44).Write(at + 8, 1u).Write(at + 12, (uint)text.Length).Pointers(at + 16, textAt)
            .Write(at + 24, 3u).Write(at + 28, 0u).Pointers(at + 32, pointersAt).Write(textAt, text).Pointers(pointersAt, 0xAA, 0xBB, 0xCC);
        return ContractDescriptor.Read(memory.Memory, at);
    }
}
