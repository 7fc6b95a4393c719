using System.IO.Compression;
using System.Text;
using Stackflare.Symbols;

namespace Stackflare.Tests.Symbols.Modules;

/// <summary>Assemblies and PDBs in single-file executables, made here as the SDK makes them.</summary>
public sealed class BundleTests : IDisposable
{
    private static readonly byte[] Signature =
        Convert.FromHexString("8B1202B96A612038727B930214D7A03213F5B9E6EFAE3318EE3B2DCE24B36AAE");

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheHostOfTheSdkHasTheSignatureAndNoBundle()
    {
        string host = Path.ChangeExtension(typeof(BundleTests).Module.FullyQualifiedName, null);
        byte[] bytes = File.ReadAllBytes(host);
        int signature = bytes.AsSpan().IndexOf(Signature);
        Assert.True(signature > 8);
        Assert.Equal(0, BitConverter.ToInt64(bytes, signature - 8));
        Assert.Null(Resolve(host).Method.Parameters);
    }

    [Theory]
    [InlineData(2, false, true)]
    [InlineData(6, false, true)]
    [InlineData(6, true, true)]
    [InlineData(6, true, false)]
    public void AssembliesAndPdbsAreReadFromIt(uint version, bool compress, bool withPdb)
    {
        // A file of the same name in another directory must not be taken for it.
        var files = new List<(string, byte[])>
        {
            ("fr/Stackflare.Fixtures.Shapes.dll", File.ReadAllBytes(typeof(Fixtures.NoPdb.Standing).Module.FullyQualifiedName)),
            ("Stackflare.Fixtures.Shapes.dll", File.ReadAllBytes(Resolving.ShapesPath)),
        };
        if (withPdb)
            files.Add(("Stackflare.Fixtures.Shapes.pdb", File.ReadAllBytes(Resolving.ShapesPdb)));
        else
            _folder.Copy(Resolving.ShapesPdb);
        DumpFrame frame = Resolve(Write(version, compress, files));
        Assert.Equal(Resolving.MethodText, frame.Method.ToString());
        Assert.Equal(SymbolStatus.Found, frame.Symbols);
        Assert.Equal(Resolving.Frame.GetFileLineNumber(), frame.Source!.Line);
    }

    [Fact]
    public void TheSignatureCanLieAcrossTheChunksOfTheSearch()
    {
        var files = new List<(string, byte[])> { ("Stackflare.Fixtures.Shapes.dll", File.ReadAllBytes(Resolving.ShapesPath)) };
        for (int offset = (1 << 20) - 45; offset < (1 << 20) + 5; offset += 7)
            Assert.Equal(Resolving.MethodText, Resolve(Write(6, false, files, offset)).Method.ToString());
    }

    [Fact]
    public void AModuleMayBeKnownByItsFileNameOnly()
    {
        string app = Write(6, false, [("Stackflare.Fixtures.Shapes.dll", File.ReadAllBytes(Resolving.ShapesPath))]);
        DumpFrame frame = new Symbolicator(new SymbolOptions { SingleFilePath = app })
            .Resolve("Stackflare.Fixtures.Shapes.dll", Resolving.ShapesMvid);
        Assert.Equal(Resolving.MethodText, frame.Method.ToString());
        Assert.Null(frame.Module!.Path);
    }

    [Fact]
    public void OtherVersionsAndBrokenBundlesAreNotRead()
    {
        var files = new List<(string, byte[])> { ("Stackflare.Fixtures.Shapes.dll", File.ReadAllBytes(Resolving.ShapesPath)) };
        Assert.Null(Resolve(Write(7, false, files)).Method.Parameters);

        byte[] good = File.ReadAllBytes(Write(6, true, files));
        string path = _folder.PathOf("broken");
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            byte[] bytes = i % 2 == 0 ? good[..random.Next(good.Length)] : (byte[])good.Clone();
            for (int n = 0; i % 2 == 1 && n < 20; n++)
                bytes[^(1 + random.Next(150))] = (byte)random.Next();
            File.WriteAllBytes(path, bytes);
            Resolve(path);
        }
        Assert.Null(Resolve("/dev/zero").Method.Parameters);
        Assert.Null(Resolve(_folder.PathOf("none")).Method.Parameters);
    }

    private DumpFrame Resolve(string executable) =>
        new Symbolicator(new SymbolOptions { SingleFilePath = executable })
            .Resolve(_folder.PathOf("no such directory/Stackflare.Fixtures.Shapes.dll"), Resolving.ShapesMvid);

    private string Write(uint version, bool compress, List<(string Path, byte[] Bytes)> files, int signatureAt = 5000)
    {
        string path = _folder.PathOf("app");
        using FileStream file = File.Create(path);
        using var writer = new BinaryWriter(file, Encoding.UTF8);
        file.SetLength(signatureAt + 200);
        file.Position = file.Length;
        var entries = new List<(string Path, long Offset, long Size, long Compressed)>();
        foreach ((string name, byte[] bytes) in files)
        {
            long start = file.Position;
            if (compress)
            {
                using (var deflate = new DeflateStream(file, CompressionLevel.Optimal, leaveOpen: true))
                    deflate.Write(bytes);
            }
            else
            {
                writer.Write(bytes);
            }
            entries.Add((name, start, bytes.Length, compress ? file.Position - start : 0));
        }
        long header = file.Position;
        writer.Write(version);
        writer.Write(0u);
        writer.Write(entries.Count);
        writer.Write("an id of some length");
        writer.Write(new byte[40]);
        foreach ((string name, long offset, long size, long compressed) in entries)
        {
            writer.Write(offset);
            writer.Write(size);
            if (version >= 6)
                writer.Write(compressed);
            writer.Write((byte)1);
            writer.Write(name);
        }
        file.Position = signatureAt - sizeof(long);
        writer.Write(header);
        writer.Write(Signature);
        return path;
    }
}
