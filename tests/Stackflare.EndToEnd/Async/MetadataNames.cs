using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Stackflare.Snapshots.Format;

namespace Stackflare.EndToEnd.Async;

/// <summary>Names of types and fields, read from the files of the modules.</summary>
internal sealed class MetadataNames(RawSnapshot snapshot) : IDisposable
{
    private readonly Dictionary<uint, PEReader> _images = [];

    public string TypeOf(uint type)
    {
        if (type == SnapshotConstants.None)
            return "?";
        TypeRecord record = snapshot.Types[type];
        if (record.Flags.HasFlag(TypeFlags.Array))
            return TypeOf(snapshot.TypeArgs[record.ArgStart]) + "[]";
        MetadataReader metadata = Reader(record.Module);
        TypeDefinition definition = metadata.GetTypeDefinition((TypeDefinitionHandle)MetadataTokens.EntityHandle((int)record.Token));
        return metadata.GetString(definition.Name);
    }

    public string FieldOf(uint type, uint token)
    {
        MetadataReader metadata = Reader(snapshot.Types[type].Module);
        return metadata.GetString(metadata.GetFieldDefinition((FieldDefinitionHandle)MetadataTokens.EntityHandle((int)token)).Name);
    }

    public void Dispose()
    {
        foreach (PEReader image in _images.Values)
            image.Dispose();
    }

    private MetadataReader Reader(uint module)
    {
        if (!_images.TryGetValue(module, out PEReader? image))
        {
            ModuleRecord record = snapshot.Modules[module];
            image = new PEReader(File.OpenRead(snapshot.Text(record.PathOffset, record.PathLength)!));
            _images.Add(module, image);
        }

        return image.GetMetadataReader();
    }
}
