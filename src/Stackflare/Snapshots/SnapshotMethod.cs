namespace Stackflare.Snapshots;

/// <summary>A method, or an instance of a generic one.</summary>
internal sealed record SnapshotMethod
{
    /// <summary>The index of its module; null for one that has none.</summary>
    public int? Module { get; init; }

    /// <summary>The MethodDef token.</summary>
    public uint Token { get; init; }

    /// <summary>The index of the type that declares it, with its arguments; null where that is not known.</summary>
    public int? DeclaringType { get; init; }

    /// <summary>Indexes of types; null for one that is not known.</summary>
    public ReadOnlyMemory<int?> TypeArguments { get; init; }

    /// <summary>Whether it is a DynamicMethod or a stub of the runtime's, which has no metadata.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>What it is called, of one without metadata; null for others.</summary>
    public string? Name { get; init; }

    /// <summary>The full name of its type, of one without metadata.</summary>
    public string? TypeName { get; init; }

    /// <summary>Its signature as metadata has it, of one without metadata; empty where that is not known.</summary>
    public ReadOnlyMemory<byte> Signature { get; init; }
}
