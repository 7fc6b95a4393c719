using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Stackflare.Fixtures.Embedded;
using Stackflare.Symbols;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Tests.Symbols.Pdb;

/// <summary>Source text is shown only when it is known to be what was compiled.</summary>
[SuppressMessage("Security", "CA5350", Justification = "SHA-1 is what older PDBs have.")]
public sealed class SourceTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EmbeddedPdbAndSourceAreRead()
    {
        StackFrame expected = Standing.Stand(1).GetFrame(0)!;
        DumpFrame frame = new Symbolicator(new SymbolOptions()).Resolve(new CodeSnapshot().Frames([expected]).Build()).Single();
        Assert.Equal("Stackflare.Fixtures.Embedded.Standing.Stand(Int32 n)", frame.Method.ToString());
        Assert.Equal(SymbolStatus.Found, frame.Symbols);
        Assert.Equal(expected.GetFileLineNumber(), frame.Source!.Line);
        Assert.Equal(SourceTextOrigin.Embedded, frame.Source.TextOrigin);
        Assert.Equal("public static StackTrace Stand(int n) => new(fNeedFileInfo: true);", frame.Source.Text);
    }

    [Fact]
    public async Task WithoutPdbAsyncMethodsAreNamedByTheirAttributes()
    {
        StackTrace trace = await Fixtures.NoPdb.Standing.StandAsync(1);
        DumpFrame frame = new Symbolicator(new SymbolOptions()).Resolve(new CodeSnapshot().Frames([trace.GetFrame(0)!]).Build()).Single();
        Assert.Equal("Stackflare.Fixtures.NoPdb.Standing.StandAsync(Int32 n)", frame.Method.ToString());
        Assert.Equal(SymbolStatus.NoPdb, frame.Symbols);
    }

    [Fact]
    public void TextIsOnlyReadWhenAskedFor()
    {
        DumpFrame frame = new Symbolicator(new SymbolOptions { SourceText = false }).Resolve(Resolving.ShapesPath, Resolving.ShapesMvid);
        Assert.Equal(SymbolStatus.Found, frame.Symbols);
        Assert.Equal(SourceTextOrigin.NotRequested, frame.Source!.TextOrigin);
        Assert.Null(frame.Source.Text);
    }

    [Fact]
    public void TheFileIsComparedWithTheChecksumAgainWheneverItChanges()
    {
        // The source as a container would see it, so that the test may change it.
        string original = Resolving.Frame.GetFileName()!, copy = _folder.Root + original;
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.Root + Resolving.ShapesPath)!);
        _folder.Copy(Resolving.ShapesPath, Resolving.ShapesPath.TrimStart('/'));
        _folder.Copy(Resolving.ShapesPdb, Resolving.ShapesPdb.TrimStart('/'));
        File.Copy(original, copy);
        var symbolicator = new Symbolicator(new SymbolOptions { RootPrefix = _folder.Root });

        SourceLocation Source() => symbolicator.Resolve(Resolving.ShapesPath, Resolving.ShapesMvid).Source!;

        Assert.Equal((SourceTextOrigin.File, "Here.Stand();"), (Source().TextOrigin, Source().Text));
        File.AppendAllText(copy, " ");
        Assert.Equal((SourceTextOrigin.FileChanged, null), (Source().TextOrigin, Source().Text));
        File.Copy(original, copy, overwrite: true);
        Assert.Equal((SourceTextOrigin.File, "Here.Stand();"), (Source().TextOrigin, Source().Text));
        Assert.Equal(original, Source().Path);
    }

    /// <summary>In a container, the program, its PDB and its sources are often behind a link that is absolute: <c>/app → /data/app</c>.</summary>
    [Theory]
    [InlineData("/data")]
    [InlineData("data")]
    public void BehindALinkOfAContainerWhatIsThereIsFound(string link)
    {
        string root = _folder.PathOf("root");
        Directory.CreateDirectory(root + "/data");
        Directory.CreateSymbolicLink(root + "/app", link);
        File.Copy(Resolving.ShapesPath, root + "/data/Shapes.dll");
        File.Copy(Resolving.ShapesPdb, root + "/data/Shapes.pdb");
        File.WriteAllText(root + "/data/a.cs", "here");
        DumpFrame frame = new Symbolicator(new SymbolOptions { RootPrefix = root }).Resolve("/app/Shapes.dll", Resolving.ShapesMvid);
        Assert.Equal((Resolving.MethodText, SymbolStatus.Found), (frame.Method.ToString(), frame.Symbols));
        var document = new SourceDocument { Path = "/app/a.cs", Hash = SHA256.HashData("here"u8) };
        Assert.Equal(SourceTextOrigin.File, new SourceFiles(root, 1).Line(document, 1, out string? text));
        Assert.Equal("here", text);
    }

    [Fact]
    public void FilesThatAreNotThereOrNotFilesAreNotFound()
    {
        var files = new SourceFiles("", 1);
        string fifo = _folder.PathOf("fifo.cs");
        Process.Start("mkfifo", [fifo]).WaitForExit();
        string large = _folder.PathOf("large.cs");
        using (FileStream stream = File.Create(large))
            stream.SetLength(SymbolLimits.SourceBytes + 1);
        foreach (string path in new[] { fifo, large, _folder.PathOf("none.cs"), "/dev/zero", "relative.cs", "/_/Source.cs", "C:\\a.cs", "/a\0b" })
            Assert.Equal(SourceTextOrigin.FileNotFound, files.Line(new SourceDocument { Path = path, Hash = new byte[32] }, 1, out _));
        Assert.Equal(SourceTextOrigin.NoChecksum, files.Line(new SourceDocument { Path = fifo }, 1, out _));
    }

    [Fact]
    public void BothKindsOfChecksumAreKnown()
    {
        string path = _folder.PathOf("a.cs");
        File.WriteAllText(path, "one\n\ttwo  \r\nthree");
        byte[] bytes = File.ReadAllBytes(path);
        foreach (byte[] hash in new[] { SHA256.HashData(bytes), SHA1.HashData(bytes) })
        {
            var document = new SourceDocument { Path = path, Hash = hash };
            Assert.Equal(SourceTextOrigin.File, new SourceFiles("", 1).Line(document, 2, out string? text));
            Assert.Equal("two", text);
            Assert.Equal(SourceTextOrigin.FileNotFound, new SourceFiles("", 1).Line(document, 4, out _));
        }
        Assert.Equal(
            SourceTextOrigin.FileChanged, new SourceFiles("", 1).Line(new SourceDocument { Path = path, Hash = new byte[20] }, 2, out _));
    }

    [Fact]
    public void HashesAreThoseOfTheStandard()
    {
        byte[] data = new byte[300];
        new Random(1).NextBytes(data);
        for (int length = 0; length <= data.Length; length++)
        {
            Assert.Equal(SHA256.HashData(data.AsSpan(0, length)), SourceHash.Sha256(data.AsSpan(0, length)));
            Assert.Equal(SHA1.HashData(data.AsSpan(0, length)), SourceHash.Sha1(data.AsSpan(0, length)));
        }
    }

    [Fact]
    public void LinesEndWhereTheCompilerEndsThem()
    {
        var content = new SourceContent(Encoding.UTF8.GetBytes("1\n2\r\n3\r4\u00855\u20286\u20297 é…\u00A0"));
        for (int line = 1; line <= 6; line++)
            Assert.Equal(line.ToString(), content.Line(line));
        Assert.Equal("7 é…", content.Line(7));
        Assert.Null(content.Line(8));
        Assert.Null(content.Line(0));
    }

    [Fact]
    public void OtherEncodingsAreKnownByTheirMark()
    {
        foreach (Encoding encoding in new Encoding[] { new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode })
            Assert.Equal("två", new SourceContent([.. encoding.GetPreamble(), .. encoding.GetBytes("ett\ntvå\n")]).Line(2));
        Assert.Equal("a\uFFFD", new SourceContent([(byte)'a', 0xE9]).Line(1));
    }

    [Fact]
    public void LongLinesAreCut()
    {
        string text = new SourceContent(Encoding.UTF8.GetBytes(new string('é', 100_000))).Line(1)!;
        Assert.Equal(new string('é', SymbolLimits.LineCharacters) + "…", text);
    }
}
