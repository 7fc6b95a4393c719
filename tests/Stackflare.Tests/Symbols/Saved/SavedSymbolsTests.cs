using System.Reflection;
using Stackflare.Fixtures.Shapes;
using Stackflare.Snapshots;
using Stackflare.Symbols;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;
using Stackflare.Symbols.Saved;

namespace Stackflare.Tests.Symbols.Saved;

/// <summary>What a file carries of names and lines, and what a desk adds to it.</summary>
public sealed class SavedSymbolsTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static string OtherPdb => Path.Combine(AppContext.BaseDirectory, "Stackflare.Fixtures.TopLevel.pdb");

    private string Module => _folder.PathOf("app/Stackflare.Fixtures.Shapes.dll");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WithNothingAtHandTheDumpIsTheOneOfTheTime()
    {
        Snapshot snapshot = Everything();
        string live = SavedDump.Json(SavedDump.Live(snapshot, new Symbolicator(new SymbolOptions())));
        byte[] file = SavedDump.Save(snapshot, new Symbolicator(new SymbolOptions()));
        // What there is to lose.
        foreach (string sign in new[]
        {
            "Machines.AsyncGeneric", "Closures.InGeneric.lambda", "Standing.Stand", "new(fNeedFileInfo: true)", "Here.Stand();",
            "System.InvalidOperationException", "System.Int32", "Made by hand", "<dynamic>", "\"pdbMismatch\"", "\"noPdb\"", "\"noLine\"",
        })
        {
            Assert.Contains(sign, live, StringComparison.Ordinal);
        }

        Directory.Delete(_folder.PathOf("app"), recursive: true);
        Assert.NotEqual(live, SavedDump.Json(SavedDump.Live(snapshot, SavedDump.Desk())));
        Assert.Equal(live, SavedDump.Json(SavedDump.Show(file, SavedDump.Desk())));
    }

    [Fact]
    public void TextsAreLeftOutWhereTheyAreNotWanted()
    {
        Snapshot snapshot = Everything();
        var without = new SymbolOptions { SourceText = false };
        string live = SavedDump.Json(SavedDump.Live(snapshot, new Symbolicator(without)));
        byte[] file = SavedDump.Save(snapshot, new Symbolicator(new SymbolOptions()));
        byte[] bare = SavedDump.Save(snapshot, new Symbolicator(without));
        Directory.Delete(_folder.PathOf("app"), recursive: true);
        var desk = new SymbolOptions { SourceText = false, RootPrefix = "/nowhere" };
        Assert.Equal(live, SavedDump.Json(SavedDump.Show(file, new Symbolicator(desk))));
        Assert.Equal(live, SavedDump.Json(SavedDump.Show(bare, new Symbolicator(desk))));
        Assert.DoesNotContain("Here.Stand();", System.Text.Encoding.Unicode.GetString(bare), StringComparison.Ordinal);
    }

    [Fact]
    public void PdbsAloneAreEnough()
    {
        Snapshot snapshot = OneFrame(withPdb: false);
        byte[] file = SavedDump.Save(snapshot, new Symbolicator(new SymbolOptions()));
        File.Delete(Module);
        Assert.Equal(SymbolStatus.NoPdb, Frame(SavedDump.Show(file, SavedDump.Desk())).Symbols);

        string right = _folder.Copy(Resolving.ShapesPdb), directory = Path.GetDirectoryName(right)!;
        DumpFrame frame = Frame(SavedDump.Show(file, SavedDump.Desk("/nowhere", directory)));
        Assert.Equal((Resolving.MethodText, SymbolStatus.Found), (frame.Method.ToString(), frame.Symbols));
        Assert.Equal(Resolving.Frame.GetFileLineNumber(), frame.Source!.Line);
        Assert.Equal("Here.Stand();", frame.Source.Text);
        Assert.Equal(Module, frame.Module!.Path);

        _folder.Copy(OtherPdb, "Stackflare.Fixtures.Shapes.pdb");
        frame = Frame(SavedDump.Show(file, SavedDump.Desk(directory)));
        Assert.Equal((Resolving.MethodText, SymbolStatus.PdbMismatch, null), (frame.Method.ToString(), frame.Symbols, frame.Source));
    }

    [Fact]
    public void AFileThatNamesAnotherPdbDoesNotSpeakForTheNext()
    {
        Snapshot snapshot = OneFrame(withPdb: false);
        byte[] file = SavedDump.Save(snapshot, new Symbolicator(new SymbolOptions()));
        var writer = new SavedSymbolsWriter();
        writer.Pdb(0, new PdbReference(new(Guid.NewGuid(), 1), "/x/Stackflare.Fixtures.Shapes.pdb", null));
        byte[] wrong = SavedDump.Write(snapshot, writer.Sections());
        File.Delete(Module);
        _folder.Copy(Resolving.ShapesPdb);
        Symbolicator desk = SavedDump.Desk(_folder.Root);
        Assert.Equal(SymbolStatus.PdbMismatch, Frame(SavedDump.Show(wrong, desk)).Symbols);
        Assert.Equal(SymbolStatus.Found, Frame(SavedDump.Show(file, desk)).Symbols);
        Assert.Equal(SymbolStatus.PdbMismatch, Frame(SavedDump.Show(wrong, desk)).Symbols);
    }

    [Fact]
    public void AssembliesAreFoundInTheDirectoriesByTheirId()
    {
        // A file of before there was anything saved, and a capture of a process whose module is gone.
        Snapshot snapshot = OneFrame(withPdb: false);
        byte[] file = SavedDump.Write(snapshot);
        File.Delete(Module);
        string wrong = Directory.CreateDirectory(_folder.PathOf("wrong")).FullName, right = Directory.CreateDirectory(_folder.PathOf("right")).FullName;
        _folder.Copy(typeof(Fixtures.NoPdb.Standing).Module.FullyQualifiedName, "wrong/Stackflare.Fixtures.Shapes.dll");
        Assert.Null(Frame(SavedDump.Show(file, SavedDump.Desk(wrong))).Method.Parameters);

        _folder.Copy(Resolving.ShapesPath, "right/Stackflare.Fixtures.Shapes.dll");
        DumpFrame frame = Frame(SavedDump.Show(file, SavedDump.Desk(wrong, right)));
        Assert.Equal((Resolving.MethodText, SymbolStatus.NoPdb), (frame.Method.ToString(), frame.Symbols));
        Assert.Equal(Module, frame.Module!.Path);
        _folder.Copy(Resolving.ShapesPdb, "right/Stackflare.Fixtures.Shapes.pdb");
        frame = Frame(SavedDump.Live(snapshot, SavedDump.Desk(wrong, right)));
        Assert.Equal((Resolving.MethodText, SymbolStatus.Found), (frame.Method.ToString(), frame.Symbols));
    }

    [Theory]
    [InlineData(SymbolStatus.Found, SymbolStatus.NoPdb, SymbolStatus.Found)]
    [InlineData(SymbolStatus.Found, SymbolStatus.PdbMismatch, SymbolStatus.Found)]
    [InlineData(SymbolStatus.NoLine, SymbolStatus.PdbMismatch, SymbolStatus.NoLine)]
    [InlineData(SymbolStatus.NoLine, SymbolStatus.Found, SymbolStatus.Found)]
    [InlineData(SymbolStatus.PdbMismatch, SymbolStatus.NoPdb, SymbolStatus.PdbMismatch)]
    [InlineData(SymbolStatus.PdbMismatch, SymbolStatus.Found, SymbolStatus.Found)]
    public void WhatTellsMoreWins(SymbolStatus saved, SymbolStatus atTheDesk, SymbolStatus expected)
    {
        const string elsewhere = "/saved/Elsewhere.cs";
        var document = new SourceDocument { Path = elsewhere, Hash = new byte[32] };
        var writer = new SavedSymbolsWriter();
        writer.Method(0, (uint)Resolving.Method.MetadataToken, new MethodSymbol(new MethodName("Saved", "Name", "", null), IsHidden: true));
        writer.Line(0, (uint)Resolving.Method.MetadataToken, Resolving.Frame.GetILOffset(), saved == SymbolStatus.Found
            ? new FoundLine(saved, document, new SourceLocation(elsewhere, 7, 3, "saved text", SourceTextOrigin.File))
            : new FoundLine(saved, null, null));
        byte[] file = SavedDump.Write(OneFrame(withPdb: false), writer.Sections());
        File.Delete(Module);
        if (atTheDesk != SymbolStatus.NoPdb)
        {
            _folder.Copy(Resolving.ShapesPath);
            _folder.Copy(atTheDesk == SymbolStatus.Found ? Resolving.ShapesPdb : OtherPdb, "Stackflare.Fixtures.Shapes.pdb");
        }
        DumpFrame frame = Frame(SavedDump.Show(file, SavedDump.Desk(_folder.Root)));
        Assert.Equal(expected, frame.Symbols);
        // A name is only told better by module and PDB together.
        Assert.Equal(atTheDesk == SymbolStatus.Found ? Resolving.MethodText : "Saved.Name(...)", frame.Method.ToString());
        Assert.Equal(atTheDesk != SymbolStatus.Found, frame.IsHidden);
        Assert.Equal(
            expected != SymbolStatus.Found ? null : atTheDesk == SymbolStatus.Found ? "Here.Stand();" : "saved text", frame.Source?.Text);
    }

    [Fact]
    public void TheSourceAtTheDeskIsReadIfItIsTheOneThatWasCompiled()
    {
        string source = _folder.PathOf("a.cs");
        File.WriteAllText(source, "one\ntwo\n");
        var document = new SourceDocument { Path = source, Hash = SourceHash.Sha256(File.ReadAllBytes(source)) };
        byte[] withText = WithText("two, saved", SourceTextOrigin.Embedded), without = WithText(null, SourceTextOrigin.FileNotFound);
        byte[] unasked = WithText(null, SourceTextOrigin.NotRequested);
        // What was proved where it was saved needs no further proof.
        Assert.Equal(("two, saved", SourceTextOrigin.Embedded), Shown(withText));
        Assert.Equal(("two", SourceTextOrigin.File), Shown(without));
        Assert.Equal(("two", SourceTextOrigin.File), Shown(unasked));
        File.AppendAllText(source, " ");
        Assert.Equal(("two, saved", SourceTextOrigin.Embedded), Shown(withText));
        Assert.Equal((null, SourceTextOrigin.FileNotFound), Shown(without));
        Assert.Equal((null, SourceTextOrigin.FileChanged), Shown(unasked));

        byte[] WithText(string? text, SourceTextOrigin origin)
        {
            var writer = new SavedSymbolsWriter();
            writer.Line(0, (uint)Resolving.Method.MetadataToken, Resolving.Frame.GetILOffset(),
                new FoundLine(SymbolStatus.Found, document, new SourceLocation(source, 2, 1, text, origin)));
            return SavedDump.Write(OneFrame(withPdb: false), writer.Sections());
        }

        static (string?, SourceTextOrigin) Shown(byte[] file)
        {
            SourceLocation location = Frame(SavedDump.Show(file, SavedDump.Desk())).Source!;
            return (location.Text, location.TextOrigin);
        }
    }

    private static DumpFrame Frame(ThreadDump dump) => Assert.Single(Assert.Single(dump.Threads).Frames);

    /// <summary>A frame of a module that lies in a folder of its own.</summary>
    private Snapshot OneFrame(bool withPdb)
    {
        CopyModule(withPdb);
        var builder = new CodeSnapshot();
        int module = builder.Module(Module, Resolving.ShapesMvid);
        return builder.Frame(builder.Method(module, Resolving.Method.MetadataToken), Resolving.Frame.GetILOffset()).Build();
    }

    private void CopyModule(bool withPdb)
    {
        Directory.CreateDirectory(_folder.PathOf("app"));
        _folder.Copy(Resolving.ShapesPath, "app/Stackflare.Fixtures.Shapes.dll");
        if (withPdb)
            _folder.Copy(Resolving.ShapesPdb, "app/Stackflare.Fixtures.Shapes.pdb");
    }

    /// <summary>Frames of many kinds, in modules of many kinds: files, copied images, embedded PDBs, wrong PDBs, none.</summary>
    private Snapshot Everything()
    {
        CopyModule(withPdb: true);
        MethodInfo mismatched = Assembly.Load("Stackflare.Fixtures.TopLevel").EntryPoint!;
        _folder.Copy(Resolving.ShapesPdb, "app/Stackflare.Fixtures.TopLevel.pdb");
        foreach (Module module in new[] { mismatched.Module, typeof(Fixtures.NoPdb.Standing).Module, typeof(Fixtures.Embedded.Standing).Module })
            _folder.Copy(module.FullyQualifiedName, "app/" + Path.GetFileName(module.FullyQualifiedName));
        var builder = new CodeSnapshot
        {
            PathOf = path => _folder.PathOf("app/" + Path.GetFileName(path)) is var copy && File.Exists(copy) ? copy : path,
        };
        foreach (Action run in (Action[])[() => Machines.AsyncGeneric(1, []), () => Closures.InGeneric(""), Plain.NoParameters, () => Closures.Captures(1)])
        {
            Here.Trace = null;
            run();
            builder.Frames(Here.Trace!.GetFrames().Where(f => f.GetMethod()?.DeclaringType is not null));
        }
        builder.Frames([Fixtures.Embedded.Standing.Stand(1).GetFrame(0)!]);
        builder.Frame(builder.Method(typeof(Fixtures.NoPdb.Standing).GetMethod("Stand")!), 1).Frame(builder.Method(mismatched), 1);

        int number = builder.Type(typeof(int)), list = builder.Type(typeof(List<>), number), thrown = builder.Type(typeof(InvalidOperationException));
        int array = builder.Array(list, 2);
        int type = builder.Type(typeof(Plain.Outer<>.Inner<>), number, array);
        MethodInfo run2 = typeof(Plain.Outer<>.Inner<>).GetMethod("Run")!;
        for (int offset = 0; offset < 3; offset++)
            builder.Frame(builder.Method(builder.Module(run2.Module), run2.MetadataToken, declaringType: type, arguments: [list]), offset);

        int copied = builder.Module(null, Resolving.ShapesMvid, File.ReadAllBytes(Resolving.ShapesPath), File.ReadAllBytes(Resolving.ShapesPdb));
        builder.Frame(builder.Method(copied, Resolving.Method.MetadataToken), Resolving.Frame.GetILOffset());
        builder.Frame(builder.Method(null, 0, "Made by hand", isDynamic: true));
        int emitted = builder.Module(null, null, isDynamic: true);
        builder.Frame(builder.Method(emitted, 0x06000001, "Run", "Emitted"));
        // A method without lines: a constructor that the compiler made.
        builder.Frame(builder.Method(typeof(Members).Module.GetType(typeof(Machines).FullName + "+<>c")!.GetConstructors()[0]), 1);
        builder.Frame(builder.Method(Resolving.Method), -1);
        builder.Frame(null, -1);
        return builder.Build(thrown);
    }
}
