using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Stackflare.Runtime;

/// <summary>
/// What the runtime says of its own data: offsets, constants, addresses of variables, and versions of its contracts. Its format is described in the
/// runtime's repository, docs/design/datacontracts.
/// </summary>
internal sealed class ContractDescriptor
{
    /// <summary>The name of the symbol at which it is.</summary>
    public const string Symbol = "DotNetRuntimeContractDescriptor";

    private const ulong Magic = 0x0043414443434e44; // "DNCCDAC\0"
    private const int MaxText = 1 << 20, MaxPointers = 4096;
    private const uint MaxOffset = 1 << 16;
    private const int TextSizeAt = 12, TextAt = 16, PointerCountAt = 24, PointersAt = 32;

    /// <summary>The member that stands for the size of a type.</summary>
    private const string Size = "!";

    private readonly Dictionary<(string Type, string Field), uint> _fields = [];
    private readonly Dictionary<string, ulong> _numbers = [];
    private readonly Dictionary<string, string> _texts = [];
    private readonly Dictionary<string, string> _contracts = [];
    private readonly Dictionary<string, int> _pointers = [], _partPointers = [];
    private readonly Dictionary<string, ContractDescriptor?> _parts = [];

    private ContractDescriptor()
    {
    }

    /// <summary>Reads the descriptor at an address; null if there is none, or if it is damaged.</summary>
    public static ContractDescriptor? Read(ProcessMemory memory, ulong address) => Read(memory, address, isPart: false);

    /// <summary>Reads the descriptor's text, without its variables; null if it is damaged.</summary>
    internal static ContractDescriptor? Parse(ReadOnlySpan<byte> json)
    {
        var descriptor = new ContractDescriptor();
        try
        {
            int end = json.IndexOf((byte)0);
            var reader = new Utf8JsonReader(end < 0 ? json : json[..end]);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (NextMember(ref reader, out string part))
                descriptor.ReadPart(ref reader, part);
            return descriptor;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The version of a contract: a number before .NET 11, <c>c</c> and a number since; null if the runtime does not have it.</summary>
    public string? Contract(string name) => _contracts.GetValueOrDefault(name);

    /// <summary>The offset of a field; null if it is not there.</summary>
    public uint? Field(string type, string field) => _fields.TryGetValue((type, field), out uint offset) ? offset : null;

    /// <summary>The size of a type; null if it is not there.</summary>
    public uint? SizeOf(string type) => Field(type, Size);

    /// <summary>The largest offset of a field; 0 if there is none. A damaged one is cut.</summary>
    public uint LastField(string type) => Math.Min(MaxOffset, _fields.Where(f => f.Key.Type == type && f.Key.Field != Size).Select(static f => f.Value).DefaultIfEmpty().Max());

    /// <summary>A constant, or the address of a variable; null if it is not there.</summary>
    public ulong? Global(string name) => _numbers.TryGetValue(name, out ulong number) ? number : null;

    /// <summary>A constant that is a text; null if it is not there.</summary>
    public string? Text(string name) => _texts.GetValueOrDefault(name);

    /// <summary>The descriptor of a part of the runtime that describes itself, such as the collector; null if there is none, or if it is damaged.</summary>
    public ContractDescriptor? Part(string name) => _parts.GetValueOrDefault(name);

    private static ContractDescriptor? Read(ProcessMemory memory, ulong address, bool isPart)
    {
        try
        {
            uint size = memory.Read<uint>(address + TextSizeAt), count = memory.Read<uint>(address + PointerCountAt);
            if (memory.Pointer(address) != Magic || size > MaxText || count > MaxPointers)
                return null;
            byte[] text = memory.Bytes(memory.Pointer(address + TextAt), (int)size);
            ContractDescriptor? descriptor = Parse(text);
            ulong pointers = memory.Pointer(address + PointersAt);
            foreach ((string name, int index) in descriptor?._pointers ?? [])
            {
                if (index < count && memory.TryRead(pointers + ((ulong)index * sizeof(ulong)), out ulong variable))
                    descriptor!._numbers[name] = variable;
            }
            foreach ((string name, int index) in isPart ? [] : descriptor?._partPointers ?? [])
            {
                if (index < count && memory.TryRead(pointers + ((ulong)index * sizeof(ulong)), out ulong variable) && memory.TryRead(variable, out ulong part) && part != 0)
                    descriptor!._parts[name] = Read(memory, part, isPart: true);
            }
            return descriptor;
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    private void ReadPart(ref Utf8JsonReader reader, string part)
    {
        reader.Read();
        if (part is not ("types" or "globals" or "contracts" or "subDescriptors") || reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }
        while (NextMember(ref reader, out string name))
        {
            reader.Read();
            if (part == "types")
                ReadType(ref reader, name);
            else if (ReadValue(ref reader, out bool isPointer) is { } value)
                Add(part, name, value, isPointer);
        }
    }

    private void ReadType(ref Utf8JsonReader reader, string type)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }
        while (NextMember(ref reader, out string field))
        {
            reader.Read();
            if (ReadValue(ref reader, out _) is { } value && Number(value) is { } offset and <= int.MaxValue)
                _fields[(type, field)] = (uint)offset;
        }
    }

    private void Add(string part, string name, string value, bool isPointer)
    {
        if (part == "contracts")
            _contracts[name] = value;
        else if (part == "subDescriptors")
            AddPart(name, value, isPointer);
        else if (Number(value) is not { } number)
            _texts[name] = value;
        else if (!isPointer)
            _numbers[name] = number;
        else if (number < MaxPointers)
            _pointers[name] = (int)number;
    }

    private void AddPart(string name, string value, bool isPointer)
    {
        if (isPointer && Number(value) is { } index and < MaxPointers)
            _partPointers[name] = (int)index;
    }

    private static bool NextMember(ref Utf8JsonReader reader, out string name)
    {
        reader.Read();
        bool isMember = reader.TokenType == JsonTokenType.PropertyName;
        name = isMember ? reader.GetString()! : "";
        return isMember;
    }

    /// <summary>A scalar, or <c>[scalar, "type"]</c>, or <c>[[index], "type"]</c>; null for anything else.</summary>
    private static string? ReadValue(ref Utf8JsonReader reader, out bool isPointer)
    {
        isPointer = false;
        if (reader.TokenType != JsonTokenType.StartArray)
            return Scalar(ref reader);
        int depth = reader.CurrentDepth;
        reader.Read();
        isPointer = reader.TokenType == JsonTokenType.StartArray && reader.Read();
        string? value = Scalar(ref reader);
        while (reader.CurrentDepth > depth && reader.Read())
        {
        }
        return value;
    }

    private static string? Scalar(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString();
        if (reader.TokenType == JsonTokenType.Number)
            return System.Text.Encoding.ASCII.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
        reader.Skip();
        return null;
    }

    private static ulong? Number(string text) =>
        text.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number) ? number : null
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) ? number : null;
}
