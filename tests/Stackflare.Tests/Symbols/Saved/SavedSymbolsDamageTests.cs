using System.Runtime.InteropServices;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;
using Stackflare.Symbols.Saved;
using Stackflare.Tests.Snapshots.Format;

namespace Stackflare.Tests.Symbols.Saved;

/// <summary>Saved symbols that someone else wrote, or nobody finished.</summary>
public sealed class SavedSymbolsDamageTests
{
    [Fact]
    public void WhatIsWrittenComesBack()
    {
        SavedSymbols saved = Decode(File(Writer()));
        SavedModule module = saved.Module(0)!;
        Assert.Equal((new Guid(1, 2, 3, new byte[8]), 4u), (module.PdbReference!.Id!.Value.Guid, module.PdbReference.Id.Value.Stamp));
        Assert.Equal("/x/a.pdb", module.PdbReference.Path);
        Assert.Equal(new MethodSymbol(new MethodName("T", "N", "X,Y", "Int32 n"), true), module.Methods[0x06000001]);
        Assert.Equal(new MethodSymbol(new MethodName("", "N", "", null), false), module.Methods[0x06000002]);
        Assert.Equal("Space.T", module.Types[0x02000001]);
        SavedLine line = module.Lines[(0x06000001, 5)], other = module.Lines[(0x06000001, 6)];
        Assert.Equal((7, 8, "text", SourceTextOrigin.File), (line.Facts.Line, line.Facts.Column, line.Text, line.Origin));
        Assert.Equal("/a.cs", line.Facts.Document!.Path);
        Assert.Equal(new byte[20], line.Facts.Document.Hash);
        Assert.Same(line.Facts.Document, other.Facts.Document);
        Assert.Equal(SymbolStatus.PdbMismatch, module.Lines[(0x06000002, 0)].Facts.Status);
        Assert.Equal(3, module.Lines.Count);
        Assert.Equal((new LockScopeCounts(2, 1, true), new LockScopeCounts(0, 0, false)), (module.LockScopes[(0x06000001, 5)], module.LockScopes[(0x06000002, 0)]));
        Assert.Equal((new FieldSymbol("state", null), 0x06000002u), (Assert.Single(module.Fields).Value, Assert.Single(module.MoveNexts).Value));
        Assert.Equal(5, Assert.Single(module.Awaits).Value);
        Assert.Null(saved.Module(1));
        // Old files, and snapshots as they come.
        Assert.Null(Decode(SavedDump.Write(Sample())).Module(0));
    }

    /// <summary>They are in files; who needs another one adds it at the end.</summary>
    [Fact]
    public void NumbersStayAsTheyAre()
    {
        Assert.Equal([0, 1, 2, 3, 4, 5], Enum.GetValues<SymbolStatus>().Select(s => (int)s));
        Assert.Equal("Found NotApplicable NoPdb PdbMismatch NoLine NoOffset", string.Join(' ', Enum.GetNames<SymbolStatus>()));
        Assert.Equal([0, 1, 2, 3, 4, 5], Enum.GetValues<SourceTextOrigin>().Select(s => (int)s));
        Assert.Equal("NotRequested Embedded File FileNotFound FileChanged NoChecksum", string.Join(' ', Enum.GetNames<SourceTextOrigin>()));
        Assert.Equal(
            [32, 48, 16, 16, 40, 20, 24, 20, 20],
            new[]
            {
                Marshal.SizeOf<SavedPdbRecord>(), Marshal.SizeOf<SavedMethodRecord>(), Marshal.SizeOf<SavedTypeRecord>(),
                Marshal.SizeOf<SavedDocumentRecord>(), Marshal.SizeOf<SavedLineRecord>(),
                Marshal.SizeOf<SavedLockScopesRecord>(), Marshal.SizeOf<SavedFieldRecord>(), Marshal.SizeOf<SavedAwaitRecord>(),
                Marshal.SizeOf<SavedPlaceRecord>(),
            });
    }

    [Fact]
    public void EveryCutIsAnErrorOfOurs() => Damage.CutEverywhere(File(Writer()), ReadsOrFailsCleanly);

    [Fact]
    public void EveryFlippedByteIsReadOrIsAnErrorOfOurs() => Damage.FlipEverywhere(File(Writer()), ReadsOrFailsCleanly);

    [Fact]
    public void WhatDoesNotFitTogetherIsRefused()
    {
        const uint none = SnapshotConstants.None;
        var method = new SavedMethodRecord { Token = 1, ParametersOffset = none };
        var line = new SavedLineRecord { Token = 1, TextOffset = none };
        var document = new SavedDocumentRecord { HashOffset = none };

        Fails("module of the saved symbols is not there", [method with { Module = 2 }]);
        Fails("a method is there twice", [method, method]);
        Fails("a method's name is not there", [method with { NameOffset = none }]);
        Fails("has 3 bytes", [method with { NameLength = 3 }]);
        Fails("lies outside", [method with { NameOffset = 8, NameLength = 2 }]);
        // Each fits, and together they are more than there is.
        Fails("lies outside", [method with { NameLength = 8, TypeLength = 2 }]);
        Fails("lies outside", [new SavedTypeRecord { NameLength = 6 }, new SavedTypeRecord { Token = 2, NameLength = 6 }]);
        Fails("a type is there twice", [default(SavedTypeRecord), default(SavedTypeRecord)]);
        Fails("a PDB is there twice", [default(SavedPdbRecord), default(SavedPdbRecord)]);
        Fails("a checksum has 8 bytes", [document with { HashOffset = 0, HashLength = 8 }]);
        Fails("a checksum lies outside", [document with { HashOffset = 0, HashLength = 20 }]);
        Fails("source file is not there", [line]);
        Fails("source file is not there", [line with { Document = none }]);
        Fails("the status 2", [line with { Status = (uint)SymbolStatus.NoPdb }]);
        Fails("the status 6", [line with { Status = 6 }]);
        Fails("no place", [line with { Line = 0x80000000 }], document);
        Fails("no offset", [line with { ILOffset = none }], document);
        Fails("origin 6", [line with { TextOrigin = 6 }], document);
        // A text that is not proved, a proof without text, a text of no line.
        Fails("origin 3", [line with { TextOrigin = (uint)SourceTextOrigin.FileNotFound, TextOffset = 0, TextLength = 2 }], document);
        Fails("origin 2", [line with { TextOrigin = (uint)SourceTextOrigin.File }], document);
        Fails("origin 2", [line with { Status = (uint)SymbolStatus.NoLine, TextOrigin = (uint)SourceTextOrigin.File, TextOffset = 0, TextLength = 2 }]);
        Fails("a line is there twice", [line, line], document);
        Fails("a place is there twice", [default(SavedLockScopesRecord), default(SavedLockScopesRecord)]);
        Fails("module of the saved symbols is not there", [new SavedLockScopesRecord { Module = 2 }]);
        Fails("no offset", [new SavedLockScopesRecord { ILOffset = none }]);
        Fails("a field is there twice", [default(SavedFieldRecord), default(SavedFieldRecord)]);
        Fails("a place is there twice", [default(SavedAwaitRecord), default(SavedAwaitRecord)]);
        Fails("is two methods", [default(SavedAwaitRecord), new SavedAwaitRecord { MoveNext = 1 }]);
        Fails("no offset", [new SavedAwaitRecord { ILOffset = none - 1 }]);
        SavedPlaceRecord place = new() { ILOffset = 1, AwaiterOffset = none };
        Fails("the frame of a place is not there", [place with { Frame = none }]);
        Fails("the frame of a place is not there", [place with { Frame = 1000 }]);
        Fails("a place is there twice", [place, place]);
        Fails("no offset", [place with { ILOffset = none - 1 }]);
        Fails("an awaiter's type", [place with { AwaiterOffset = 9, AwaiterLength = 2 }]);
    }

    [Fact]
    public void WhatIsTooMuchIsLeftOut()
    {
        var writer = new SavedSymbolsWriter();
        string longest = new('x', SnapshotConstants.LongestText / 2);
        writer.Type(0, 1, longest + "x");
        writer.Method(0, 1, new MethodSymbol(new MethodName("", "N", "", longest + "x"), false));
        writer.Pdb(0, new PdbReference(null, null, null));
        Assert.All(writer.Sections(), s => Assert.Empty(s.Bytes));
        for (uint i = 0; i < 2000; i++)
            writer.Type(0, i, longest);
        FileSection[] sections = writer.Sections();
        Assert.Equal(SymbolLimits.SavedBytes, sections.Single(s => s.Kind == HostSectionNumbers.SymbolsBlobSection).Bytes.Length);
        Assert.Equal(SymbolLimits.SavedBytes / SnapshotConstants.LongestText, Decode(SavedDump.Write(Sample(), sections)).Module(0)!.Types.Count);
    }

    [Fact]
    public void MethodsOfOneTypeWithManyArgumentsAreSavedInTime()
    {
        var builder = new CodeSnapshot();
        int module = builder.Module(typeof(int).Module), number = builder.Type(typeof(int));
        int type = builder.Type(module, typeof(List<>).MetadataToken, [.. Enumerable.Repeat<int?>(number, 50_000)]);
        for (int i = 0; i < 50_000; i++)
            builder.Method(module, 0x06000001, declaringType: type);
        byte[] file = SavedDump.Save(builder.Build(), new Symbolicator(new SymbolOptions()));
        Assert.Equal("System.Int32", Assert.Single(Decode(file).Module(0)!.Types).Value);
    }

    private static SavedSymbolsWriter Writer()
    {
        var writer = new SavedSymbolsWriter();
        var document = new SourceDocument { Path = "/a.cs", Hash = new byte[20] };
        writer.Pdb(0, new PdbReference(new(new Guid(1, 2, 3, new byte[8]), 4), "/x/a.pdb", [1]));
        writer.Method(0, 0x06000001, new MethodSymbol(new MethodName("T", "N", "X,Y", "Int32 n"), true));
        writer.Method(0, 0x06000002, new MethodSymbol(new MethodName("", "N", "", null), false));
        writer.Type(0, 0x02000001, "Space.T");
        writer.Line(0, 0x06000001, 5, new FoundLine(SymbolStatus.Found, document, new SourceLocation("/a.cs", 7, 8, "text", SourceTextOrigin.File)));
        writer.Line(0, 0x06000001, 6, new FoundLine(SymbolStatus.Found, document, new SourceLocation("/a.cs", 9, 1, null, SourceTextOrigin.FileChanged)));
        writer.Line(0, 0x06000002, 0, new FoundLine(SymbolStatus.PdbMismatch, null, null));
        writer.Line(0, 0x06000002, 1, new FoundLine(SymbolStatus.NoPdb, null, null));
        writer.LockScopes(0, 0x06000001, 5, new LockScopeCounts(2, 1, true));
        writer.LockScopes(0, 0x06000002, 0, new LockScopeCounts(0, 0, false));
        writer.Field(0, 0x04000001, new FieldSymbol("state", null));
        writer.Await(0, 0x02000002, 0x06000002, 0, 5);
        writer.Await(0, 0x02000002, 0x06000002, -1, null);
        writer.Place(0, new SavedPlace(5, "YieldAwaiter"));
        return writer;
    }

    private static byte[] File(SavedSymbolsWriter writer) => SavedDump.Write(Sample(), writer.Sections());

    /// <summary>Two modules, the first with two methods that frames stand in.</summary>
    private static Snapshot Sample()
    {
        var builder = new CodeSnapshot();
        int module = builder.Module("/app/Shop.dll", Guid.Empty);
        builder.Module("/app/Shop.Core.dll", null);
        builder.Frame(builder.Method(module, 0x06000001), 5).Frame(builder.Method(module, 0x06000002), 0);
        return builder.Build(builder.Type(module, 0x02000001));
    }

    private static SavedSymbols Decode(byte[] file)
    {
        (Snapshot snapshot, SnapshotDirectory directory) = SnapshotFile.Read(file);
        return SavedSymbols.Decode(snapshot, directory);
    }

    /// <summary>True when the bytes were read and made a dump, false for an error of ours; any other exception fails the test.</summary>
    private static bool ReadsOrFailsCleanly(byte[] bytes)
    {
        try
        {
            return SavedDump.Show(bytes, SavedDump.Desk("/nowhere")).Threads.Count <= bytes.Length;
        }
        catch (SnapshotFormatException)
        {
            return false;
        }
    }

    private static void Fails<T>(string expected, T[] records, SavedDocumentRecord? document = null)
        where T : unmanaged
    {
        SectionKind kind = records switch
        {
            SavedPdbRecord[] => HostSectionNumbers.PdbsSection,
            SavedMethodRecord[] => HostSectionNumbers.MethodsSection,
            SavedTypeRecord[] => HostSectionNumbers.TypesSection,
            SavedDocumentRecord[] => HostSectionNumbers.DocumentsSection,
            SavedLockScopesRecord[] => HostSectionNumbers.LockScopesSection,
            SavedFieldRecord[] => HostSectionNumbers.FieldsSection,
            SavedAwaitRecord[] => HostSectionNumbers.AwaitsSection,
            SavedPlaceRecord[] => HostSectionNumbers.PlacesSection,
            _ => HostSectionNumbers.LinesSection,
        };
        var sections = new List<FileSection>
        {
            new(kind, Marshal.SizeOf<T>(), MemoryMarshal.AsBytes(records.AsSpan()).ToArray()),
            new(HostSectionNumbers.SymbolsBlobSection, 1, new byte[8]),
        };
        if (document is { } file)
            sections.Add(new FileSection(HostSectionNumbers.DocumentsSection, Marshal.SizeOf<SavedDocumentRecord>(), MemoryMarshal.AsBytes(new[] { file }.AsSpan()).ToArray()));
        byte[] bytes = SavedDump.Write(Sample(), CollectionsMarshal.AsSpan(sections));
        Assert.Contains(expected, Assert.Throws<SnapshotFormatException>(() => Decode(bytes)).Message, StringComparison.Ordinal);
    }
}
