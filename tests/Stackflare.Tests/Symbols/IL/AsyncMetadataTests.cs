using System.Reflection;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Fixtures.Shapes;
using Stackflare.Symbols.IL;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Tests.Symbols.IL;

/// <summary>Where async methods wait, as PDB and code tell it, of this very assembly and of fixtures.</summary>
public sealed class AsyncMetadataTests
{
    [Fact]
    public void TheCodeAloneTellsTheSamePlacesAsThePdb()
    {
        int places = 0;
        foreach (Module module in (Module[])[typeof(AsyncMetadataTests).Module, typeof(Here).Module])
        {
            using ModuleImage image = ModuleImage.FromFile(module.FullyQualifiedName, module.ModuleVersionId)!;
            using PdbFile pdb = PdbFile.FromBytes(File.ReadAllBytes(Path.ChangeExtension(module.FullyQualifiedName, ".pdb")))!;
            var metadata = new AsyncMetadata(image);
            foreach (int moveNext in MoveNexts(image, metadata))
            {
                Dictionary<int, int> told = metadata.Awaits(moveNext, pdb.Reader), read = metadata.Awaits(moveNext, pdb: null);
                Assert.Equal(told.Keys.Order(), read.Keys.Order());
                // The PDB's is behind an instruction that does nothing, where there is one.
                Assert.All(told, place => Assert.InRange(place.Value - read[place.Key], 0, 1));
                places += told.Count;
            }
        }
        Assert.True(places > 5, $"{places} places");
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
        // Iterators have a MoveNext and states too, and no PDB knows of awaits in them.
        where image.Metadata.GetTypeDefinition(type).GetMethods().Any(m => image.Metadata.StringComparer.Equals(image.Metadata.GetMethodDefinition(m).Name, "SetStateMachine"))
        select moveNext.Value;
}
