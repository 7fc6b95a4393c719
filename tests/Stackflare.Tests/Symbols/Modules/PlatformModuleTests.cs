using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Stackflare.Symbols;

namespace Stackflare.Tests.Symbols.Modules;

/// <summary>What counts as the platform's own code, and what as the program's.</summary>
public sealed class PlatformModuleTests
{
    [Theory]
    [InlineData("Microsoft.Contoso.Orders", false)]
    [InlineData("System.Contoso.Orders", false)]
    [InlineData("Contoso.Orders", false)]
    public void AProgramMayHaveANameLikeThePlatforms(string name, bool isOfPlatform)
    {
        using var folder = new TestFolder();
        string path = folder.PathOf(name + ".dll");
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name), typeof(object).Assembly);
        TypeBuilder type = assembly.DefineDynamicModule(name).DefineType("Orders", TypeAttributes.Public);
        MethodBuilder method = type.DefineMethod("Run", MethodAttributes.Public | MethodAttributes.Static);
        method.GetILGenerator().Emit(OpCodes.Ret);
        type.CreateType();
        assembly.Save(path);
        var builder = new CodeSnapshot();
        DumpFrame frame = Resolved(builder.Frame(builder.Method(builder.Module(path, IdOf(path)), 0x06000001)));
        Assert.Equal("Orders.Run", frame.Method.FullName);
        Assert.Equal(isOfPlatform, frame.Module!.IsOfPlatform);
    }

    [Fact]
    public void WhatIsSignedAndHasSuchANameIsThePlatforms()
    {
        var builder = new CodeSnapshot();
        Assert.True(Resolved(builder.Frame(builder.Method(typeof(string).GetMethod(nameof(string.IsNullOrEmpty))!))).Module!.IsOfPlatform);
    }

    /// <summary>A dump that is shown elsewhere has nothing to look at but the name.</summary>
    [Theory]
    [InlineData("System.Missing.dll", true)]
    [InlineData("Microsoft.Missing.dll", true)]
    [InlineData("Contoso.Missing.dll", false)]
    public void OfAModuleThatIsNotThereTheNameDecides(string name, bool isOfPlatform)
    {
        var builder = new CodeSnapshot();
        Assert.Equal(isOfPlatform, Resolved(builder.Frame(builder.Method(builder.Module("/nowhere/" + name, Guid.NewGuid()), 0x06000001))).Module!.IsOfPlatform);
    }

    private static Guid IdOf(string path)
    {
        using var image = new PEReader(File.OpenRead(path));
        MetadataReader metadata = image.GetMetadataReader();
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
    }

    private static DumpFrame Resolved(CodeSnapshot builder) => Assert.Single(new Symbolicator(new SymbolOptions()).Resolve(builder.Build()));
}
