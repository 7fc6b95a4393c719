using System.Diagnostics;
using System.Reflection;
using System.Reflection.PortableExecutable;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Tests.Symbols.Pdb;

/// <summary>Where PDBs and assemblies are found, and which are trusted.</summary>
public sealed class PdbTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly Symbolicator _symbolicator = new(new SymbolOptions());

    private static string OtherPdb => Path.Combine(AppContext.BaseDirectory, "Stackflare.Fixtures.TopLevel.pdb");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ThePdbBesideTheModuleIsUsed()
    {
        DumpFrame frame = _symbolicator.Resolve(Resolving.ShapesPath, Resolving.ShapesMvid);
        Found(frame);
        Assert.Equal(
            new ModuleIdentity("Stackflare.Fixtures.Shapes.dll", Resolving.ShapesPath, Resolving.ShapesMvid), frame.Module);
        Assert.Equal(Resolving.Method.MetadataToken, frame.MetadataToken);
        Assert.Equal(Resolving.Frame.GetILOffset(), frame.ILOffset);
    }

    [Fact]
    public void WithoutPdbTheNameStandsAlone()
    {
        DumpFrame frame = _symbolicator.Resolve(_folder.Copy(Resolving.ShapesPath), Resolving.ShapesMvid);
        Assert.Equal(Resolving.MethodText, frame.Method.ToString());
        Assert.Equal(SymbolStatus.NoPdb, frame.Symbols);
        Assert.Null(frame.Source);
    }

    [Fact]
    public void APdbOfAnotherBuildIsRefused()
    {
        string module = _folder.Copy(Resolving.ShapesPath);
        _folder.Copy(OtherPdb, "Stackflare.Fixtures.Shapes.pdb");
        DumpFrame frame = _symbolicator.Resolve(module, Resolving.ShapesMvid);
        Assert.Equal(SymbolStatus.PdbMismatch, frame.Symbols);
        Assert.Null(frame.Source);
    }

    [Fact]
    public void ThePdbInADirectoryGivenIsUsedAfterAWrongOneBesideTheModule()
    {
        string module = _folder.Copy(Resolving.ShapesPath);
        _folder.Copy(OtherPdb, "Stackflare.Fixtures.Shapes.pdb");
        string directory = Directory.CreateDirectory(_folder.PathOf("symbols")).FullName;
        File.Copy(Resolving.ShapesPdb, Path.Combine(directory, Path.GetFileName(Resolving.ShapesPdb)));
        var symbolicator = new Symbolicator(new SymbolOptions { SymbolDirectories = ["/nowhere", directory] });
        Found(symbolicator.Resolve(module, Resolving.ShapesMvid));
    }

    [Fact]
    public void DirectoriesAreSearchedBelowForTheOneThatMatches()
    {
        string module = _folder.Copy(Resolving.ShapesPath), name = Path.GetFileName(Resolving.ShapesPdb);
        string symbols = _folder.PathOf("symbols"), deep = $"{symbols}/bin/Release/net10.0";
        Directory.CreateDirectory(deep);
        Directory.CreateDirectory($"{symbols}/a");
        Directory.CreateSymbolicLink($"{symbols}/again", symbols);
        File.Copy(OtherPdb, $"{symbols}/a/{name}");
        File.Copy(Resolving.ShapesPdb, $"{deep}/{name}");
        Found(new Symbolicator(new SymbolOptions { SymbolDirectories = [symbols] }).Resolve(module, Resolving.ShapesMvid));
    }

    [Fact]
    public void APdbThatAppearsLaterIsFound()
    {
        string module = _folder.Copy(Resolving.ShapesPath);
        Assert.Equal(SymbolStatus.NoPdb, _symbolicator.Resolve(module, Resolving.ShapesMvid).Symbols);
        _folder.Copy(Resolving.ShapesPdb);
        Found(_symbolicator.Resolve(module, Resolving.ShapesMvid));
    }

    [Fact]
    public void WindowsAndBrokenPdbsAreNone()
    {
        string module = _folder.Copy(Resolving.ShapesPath), pdb = _folder.PathOf("Stackflare.Fixtures.Shapes.pdb");
        File.WriteAllText(pdb, "Microsoft C/C++ MSF 7.00\r\n");
        Assert.Equal(SymbolStatus.NoPdb, _symbolicator.Resolve(module, Resolving.ShapesMvid).Symbols);
        File.WriteAllBytes(pdb, File.ReadAllBytes(Resolving.ShapesPdb)[..200]);
        Assert.Equal(SymbolStatus.NoPdb, _symbolicator.Resolve(module, Resolving.ShapesMvid).Symbols);
    }

    [Fact]
    public void AFileWithAnotherVersionIdIsNotTheModule()
    {
        DumpFrame frame = _symbolicator.Resolve(Resolving.ShapesPath, Guid.NewGuid());
        Assert.Equal($"Stackflare.Fixtures.Shapes.dll!0x{Resolving.Method.MetadataToken:x8}", frame.Method.FullName);
        Assert.Null(frame.Method.Parameters);
        Assert.Equal(SymbolStatus.NoPdb, frame.Symbols);
        Assert.Equal(FrameKind.Managed, frame.Kind);
    }

    [Fact]
    public void AFileIsNotTrustedWithoutVersionId() =>
        Assert.Null(_symbolicator.Resolve(Resolving.ShapesPath, null).Method.Parameters);

    [Fact]
    public void TheSamePathWithAnotherVersionIdIsAnotherModule()
    {
        var builder = new CodeSnapshot();
        int wrong = builder.Module(Resolving.ShapesPath, Guid.NewGuid());
        int right = builder.Module(Resolving.ShapesPath, Resolving.ShapesMvid);
        builder.Frame(builder.Method(wrong, Resolving.Method.MetadataToken));
        builder.Frame(builder.Method(right, Resolving.Method.MetadataToken));
        DumpFrame[] frames = _symbolicator.Resolve(builder.Build());
        Assert.Null(frames[0].Method.Parameters);
        Assert.Equal(Resolving.MethodText, frames[1].Method.ToString());
    }

    [Fact]
    public void APathMayNameAnythingWithoutHarm()
    {
        string fifo = _folder.PathOf("fifo.dll");
        Process.Start("mkfifo", [fifo]).WaitForExit();
        foreach (string? path in new[] { fifo, "/dev/zero", "/dev/tty", _folder.Root, "/proc/self/maps", "", null, "relative.dll", "/a\0b.dll" })
            Assert.Null(_symbolicator.Resolve(path, Resolving.ShapesMvid).Method.Parameters);

        string module = _folder.Copy(Resolving.ShapesPath);
        Process.Start("mkfifo", [_folder.PathOf("Stackflare.Fixtures.Shapes.pdb")]).WaitForExit();
        Assert.Equal(SymbolStatus.NoPdb, _symbolicator.Resolve(module, Resolving.ShapesMvid).Symbols);
    }

    [Fact]
    public void LinksAreFollowed()
    {
        string link = _folder.PathOf("Stackflare.Fixtures.Shapes.dll");
        File.CreateSymbolicLink(link, Resolving.ShapesPath);
        File.CreateSymbolicLink(_folder.PathOf("Stackflare.Fixtures.Shapes.pdb"), Resolving.ShapesPdb);
        Found(_symbolicator.Resolve(link, Resolving.ShapesMvid));
    }

    [Fact]
    public void PathsOfATargetGetItsPrefix()
    {
        Directory.CreateDirectory(_folder.PathOf("app"));
        string module = _folder.Copy(Resolving.ShapesPath, "app/Stackflare.Fixtures.Shapes.dll");
        _folder.Copy(Resolving.ShapesPdb, "app/Stackflare.Fixtures.Shapes.pdb");
        string seen = module[_folder.Root.Length..];
        DumpFrame frame = new Symbolicator(new SymbolOptions { RootPrefix = _folder.Root }).Resolve(seen, Resolving.ShapesMvid);
        Found(frame);
        Assert.Equal(seen, frame.Module!.Path);
    }

    [Fact]
    public void AModuleAndItsPdbCanComeWithTheSnapshot()
    {
        var builder = new CodeSnapshot();
        int module = builder.Module(
            null, Resolving.ShapesMvid, File.ReadAllBytes(Resolving.ShapesPath), File.ReadAllBytes(Resolving.ShapesPdb));
        DumpFrame frame = _symbolicator.Single(builder, module);
        Found(frame);
        Assert.Equal(new ModuleIdentity("Stackflare.Fixtures.Shapes.dll", null, Resolving.ShapesMvid), frame.Module);
    }

    [Fact]
    public void AModuleInTheSnapshotCanHaveTheLayoutOfMemory()
    {
        var builder = new CodeSnapshot();
        DumpFrame frame = _symbolicator.Single(builder, builder.Module(null, null, LoadedImage(Resolving.ShapesPath), isMapped: true));
        Assert.Equal(Resolving.MethodText, frame.Method.ToString());

        builder = new CodeSnapshot();
        string path = typeof(Fixtures.Embedded.Standing).Module.FullyQualifiedName;
        MethodInfo method = typeof(Fixtures.Embedded.Standing).GetMethod(nameof(Fixtures.Embedded.Standing.Stand))!;
        builder.Frame(builder.Method(builder.Module(null, null, LoadedImage(path), isMapped: true), method.MetadataToken));
        Assert.Equal(SymbolStatus.Found, _symbolicator.Resolve(builder.Build()).Single().Symbols);
    }

    [Fact]
    public void APdbHandedOverForAnotherAssemblyIsRefused()
    {
        var builder = new CodeSnapshot();
        int module = builder.Module(
            null, Resolving.ShapesMvid, File.ReadAllBytes(Resolving.ShapesPath), File.ReadAllBytes(OtherPdb));
        Assert.Equal(SymbolStatus.PdbMismatch, _symbolicator.Single(builder, module).Symbols);
    }

    [Fact]
    public void BrokenImagesOnlyCostTheName()
    {
        byte[] image = File.ReadAllBytes(Resolving.ShapesPath);
        var random = new Random(12345);
        for (int i = 0; i < 300; i++)
        {
            byte[] broken = i < 100 ? image[..random.Next(image.Length)] : (byte[])image.Clone();
            for (int n = 0; i >= 100 && n < 1 << (i % 12); n++)
                broken[random.Next(broken.Length)] = (byte)random.Next();
            byte[] symbols = File.ReadAllBytes(Resolving.ShapesPdb);
            for (int n = 0; n < i; n++)
                symbols[random.Next(symbols.Length)] = (byte)random.Next();
            var builder = new CodeSnapshot();
            int module = builder.Module(null, null, broken, symbols, isMapped: i % 2 != 0);
            for (int token = 0x06000000; token < 0x060000A0; token++)
                builder.Frame(builder.Method(module, token), token & 0xF);
            builder.Type(module, 0x02000003);
            Snapshot snapshot = builder.Build();
            Assert.Equal(0xA0, _symbolicator.Resolve(snapshot).Length);
            _symbolicator.TypeName(snapshot, 0);
        }
    }

    [Fact]
    public void WithoutATrueOffsetThereIsNoLine()
    {
        var builder = new CodeSnapshot();
        builder.Frame(builder.Method(Resolving.Method), -1);
        DumpFrame frame = _symbolicator.Resolve(builder.Build()).Single();
        Assert.Equal(SymbolStatus.NoOffset, frame.Symbols);
        Assert.Null(frame.Source);
        Assert.Null(frame.ILOffset);
        Assert.Equal(Resolving.MethodText, frame.Method.ToString());
    }

    [Fact]
    public void TokensThatAreNoMethodsAreShownAsTheyAre()
    {
        foreach (uint token in new uint[] { 0, 0x06000000, 0x06FFFFFF, 0x02000002, 0x70000001, 0xFFFFFFFF })
        {
            var builder = new CodeSnapshot();
            int module = builder.Module(Resolving.ShapesPath, Resolving.ShapesMvid);
            DumpFrame frame = _symbolicator.Resolve(builder.Frame(builder.Method(module, (int)token)).Build()).Single();
            Assert.Equal($"Stackflare.Fixtures.Shapes.dll!0x{token:x8}", frame.Method.Name);
        }
    }

    private static void Found(DumpFrame frame)
    {
        Assert.Equal(Resolving.MethodText, frame.Method.ToString());
        Assert.Equal(SymbolStatus.Found, frame.Symbols);
        Assert.Equal(Resolving.Frame.GetFileLineNumber(), frame.Source!.Line);
        Assert.Equal("Here.Stand();", frame.Source.Text);
    }

    /// <summary>The sections where the loader would put them.</summary>
    private static byte[] LoadedImage(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        using var reader = new PEReader(new MemoryStream(file));
        byte[] image = new byte[reader.PEHeaders.PEHeader!.SizeOfImage];
        file.AsSpan(0, reader.PEHeaders.PEHeader.SizeOfHeaders).CopyTo(image);
        foreach (SectionHeader section in reader.PEHeaders.SectionHeaders)
        {
            int size = Math.Min(section.SizeOfRawData, section.VirtualSize);
            file.AsSpan(section.PointerToRawData, size).CopyTo(image.AsSpan(section.VirtualAddress));
        }
        return image;
    }
}
