using System.Reflection.Metadata.Ecma335;
using Stackflare.Symbols;

namespace Stackflare.Tests.Symbols;

/// <summary>Where async methods wait, as PDB and code tell it, of this very assembly.</summary>
public sealed class AsyncMetadataTests
{
    [Fact]
    public void TheCodeAloneTellsTheSamePlacesAsThePdb()
    {
        string path = typeof(AsyncMetadataTests).Assembly.Location;
        using ModuleImage image = ModuleImage.FromFile(path, typeof(AsyncMetadataTests).Module.ModuleVersionId)!;
        using PdbFile pdb = PdbFile.FromBytes(File.ReadAllBytes(Path.ChangeExtension(path, ".pdb")))!;
        var metadata = new AsyncMetadata(image);
        int places = 0;
        foreach (int moveNext in MoveNexts(image, metadata))
        {
            Dictionary<int, int> told = metadata.Awaits(moveNext, pdb.Reader), read = metadata.Awaits(moveNext, pdb: null);
            Assert.Equal(told.Keys.Order(), read.Keys.Order());
            // The PDB's is behind an instruction that does nothing, where there is one.
            Assert.All(told, place => Assert.InRange(place.Value - read[place.Key], 0, 1));
            places += told.Count;
        }
        Assert.True(places > 2, $"{places} places");
    }

    [Fact]
    public void WhatIsNoMethodOrFieldIsNothing()
    {
        using ModuleImage image = ModuleImage.FromFile(typeof(AsyncMetadataTests).Assembly.Location, typeof(AsyncMetadataTests).Module.ModuleVersionId)!;
        var metadata = new AsyncMetadata(image);

        foreach (int token in (int[])[0, -1, 0x02000000, 0x02FFFFFF, 0x06FFFFFF, 0x04FFFFFF, 0x0A000001])
        {
            Assert.Null(metadata.Field(token));
            Assert.Null(metadata.MoveNextOf(token));
            Assert.Empty(metadata.Awaits(token, pdb: null));
        }
    }

    private static IEnumerable<int> MoveNexts(ModuleImage image, AsyncMetadata metadata) =>
        from type in image.Metadata.TypeDefinitions
        let moveNext = metadata.MoveNextOf(MetadataTokens.GetToken(type))
        where moveNext is not null
        select moveNext.Value;
}
