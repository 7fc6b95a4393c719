namespace Stackflare.Snapshots;

/// <summary>A method, or an instance of a generic one.</summary>
internal sealed record SnapshotMethod
{
    /// <summary>Index of its module; null if it has none.</summary>
    public int? Module { get; init; }

    /// <summary>The MethodDef token.</summary>
    public uint Token { get; init; }

    /// <summary>Index of the declaring type with its type arguments; null if not known.</summary>
    public int? DeclaringType { get; init; }

    /// <summary>Indexes of types; null for one that is not known.</summary>
    public ReadOnlyMemory<int?> TypeArguments { get; init; }

    /// <summary>Whether it is a DynamicMethod or a stub of the runtime, without metadata.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>Whether it is no method but native code, with the file and the place in it as its name. Then it is dynamic too.</summary>
    public bool IsNative { get; init; }

    /// <summary>The name of a method without metadata; null for others.</summary>
    public string? Name { get; init; }

    /// <summary>Full name of the type of a method without metadata.</summary>
    public string? TypeName { get; init; }

    /// <summary>The signature of a method without metadata, in the format of metadata; empty if not known.</summary>
    public ReadOnlyMemory<byte> Signature { get; init; }
}
