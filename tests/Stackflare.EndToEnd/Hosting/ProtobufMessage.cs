using System.Text;
using Google.Protobuf;

namespace Stackflare.EndToEnd.Hosting;

/// <summary>A message of protocol buffers whose schema only its reader knows: values by the number of their field.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Field, object Value)> _values = [];

    private ProtobufMessage(ReadOnlySpan<byte> bytes)
    {
        using var input = new CodedInputStream(bytes.ToArray());
        while (input.ReadTag() is var tag and not 0)
            _values.Add((WireFormat.GetTagFieldNumber(tag), Read(input, WireFormat.GetTagWireType(tag))));
    }

    public static ProtobufMessage Parse(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>The messages at the end of a path of field numbers.</summary>
    public IEnumerable<ProtobufMessage> All(params int[] path) =>
        path.Length == 0 ? [this] : Values<byte[]>(path[0]).Select(b => Parse(b)).SelectMany(m => m.All(path[1..]));

    /// <summary>The only text of a field; null if there is none.</summary>
    public string? Text(int field) => Values<byte[]>(field).Select(Encoding.UTF8.GetString).SingleOrDefault();

    /// <summary>The only number of a field, as the format has it; null if there is none.</summary>
    public ulong? Number(int field) => Values<ulong>(field).Cast<ulong?>().SingleOrDefault();

    private IEnumerable<T> Values<T>(int field) => _values.Where(v => v.Field == field).Select(v => (T)v.Value);

    private static object Read(CodedInputStream input, WireFormat.WireType type) => type switch
    {
        WireFormat.WireType.Varint => input.ReadUInt64(),
        WireFormat.WireType.Fixed64 => input.ReadFixed64(),
        WireFormat.WireType.Fixed32 => (ulong)input.ReadFixed32(),
        WireFormat.WireType.LengthDelimited => input.ReadBytes().ToByteArray(),
        _ => throw new InvalidDataException($"No such type of value: {type}."),
    };
}
