namespace Stackflare.Runtime;

/// <summary>Takes the rows of a group of the table from the runtime's descriptor. A group of which one row is missing is not known at all.</summary>
internal sealed class LayoutReader(ContractDescriptor descriptor)
{
    private bool _isComplete;

    /// <summary>A group of the table; null if one of its rows is missing.</summary>
    public T? Group<T>(Func<LayoutReader, T> read)
        where T : class
    {
        _isComplete = true;
        T group = read(this);
        return _isComplete ? group : null;
    }

    /// <summary>Declares that a group was tested with these versions of a contract only.</summary>
    public void Needs(string contract, params ReadOnlySpan<string> versions) =>
        _isComplete &= descriptor.Contract(contract) is { } version && versions.Contains(version);

    /// <summary>Declares that a group is known only under a condition.</summary>
    public LayoutReader Requires(bool condition)
    {
        _isComplete &= condition;
        return this;
    }

    /// <summary>Whether a contract has this version.</summary>
    public bool Has(string contract, string version) => descriptor.Contract(contract) == version;

    /// <summary>Whether the runtime does not have a contract.</summary>
    public bool Lacks(string contract) => descriptor.Contract(contract) is null;

    /// <summary>The offset of a field.</summary>
    public uint Field(string type, string field) => Required(descriptor.Field(type, field));

    /// <summary>The offset of the first of two fields that is there: the runtime has renamed it.</summary>
    public uint Field(string type, string field, string before) => Required(descriptor.Field(type, field) ?? descriptor.Field(type, before));

    /// <summary>The offset of a field that an older runtime has too, but does not describe.</summary>
    /// <param name="type">The type.</param>
    /// <param name="field">The field.</param>
    /// <param name="tried">Its offset there, found by trying.</param>
    public uint Field(string type, string field, uint? tried) => Required(descriptor.Field(type, field) ?? tried);

    /// <summary>The size of a type.</summary>
    public uint SizeOf(string type) => Required(descriptor.SizeOf(type));

    /// <summary>How many bytes of a type have all fields that are described. None is longer than a pointer.</summary>
    public uint Extent(string type) => descriptor.LastField(type) + sizeof(ulong);

    /// <summary>A constant, or the address of a variable.</summary>
    public ulong Global(string name)
    {
        ulong? value = descriptor.Global(name);
        _isComplete &= value is not null;
        return value ?? 0;
    }

    /// <summary>A constant that an older runtime has too, but does not describe.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tried">Its value there, found by trying.</param>
    public ulong Global(string name, ulong? tried)
    {
        ulong? value = descriptor.Global(name) ?? tried;
        _isComplete &= value is not null;
        return value ?? 0;
    }

    /// <summary>A constant, or the address of a variable; 0 if the runtime does not describe it.</summary>
    public ulong GlobalOrZero(string name) => descriptor.Global(name) ?? 0;

    private uint Required(uint? value)
    {
        _isComplete &= value is not null;
        return value ?? 0;
    }
}
