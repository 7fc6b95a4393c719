namespace Stackflare.Runtime.Types;

/// <summary>Takes the groups of the table that come from CoreLib's metadata.</summary>
internal sealed class CoreReader(NamedTypes? core)
{
    /// <summary>False if a class or a field does not exist.</summary>
    public bool IsComplete { get; private set; } = core is not null;

    /// <summary>The fields of a class; null if the program has not used it, or if a name does not exist.</summary>
    /// <param name="type">The full name of the class, with <c>+</c> before nested ones.</param>
    /// <param name="read">Reads the group.</param>
    public T? Group<T>(string type, Func<FieldNames, T> read)
        where T : class
    {
        if (core is null)
            return null;
        NamedType? found = core.Find(type, out bool exists);
        IsComplete &= exists;
        return found is null ? null : Group(found, read);
    }

    /// <summary>The fields of a class, or of the instance of a generic one that an object has.</summary>
    public T? Group<T>(NamedType type, Func<FieldNames, T> read)
        where T : class
    {
        var names = new FieldNames(type);
        T group = read(names);
        IsComplete &= names.IsComplete;
        return names.IsComplete ? group : null;
    }
}

/// <summary>The fields of one class, by name.</summary>
internal sealed class FieldNames(NamedType type)
{
    public bool IsComplete { get; private set; } = true;

    public ulong Type => type.Address;

    /// <summary>The offset of a field from the start of an object. A path with dots leads through structs.</summary>
    public uint Offset(string path) => Required(type.Offset(path, FieldLayout.First));

    /// <summary>The offset of a field from the start of a struct.</summary>
    public uint StructOffset(string path) => Required(type.Offset(path, 0));

    /// <summary>The address of a static variable that refers to an object; 0 if its class has not been initialized.</summary>
    public ulong Static(string name) => Required(type.Static(name));

    /// <summary>A variable that each thread has for itself.</summary>
    public ThreadVariable Variable(string name, bool isReference) => Required(type.Variable(name, isReference));

    private T Required<T>(T? value)
        where T : struct
    {
        IsComplete &= value is not null;
        return value.GetValueOrDefault();
    }
}

/// <summary>Where a variable is that each thread has for itself.</summary>
/// <param name="Index">The index of the variables of its type; see <see cref="VariableLayout"/>.</param>
/// <param name="Offset">Its offset among these.</param>
internal readonly record struct ThreadVariable(uint Index, uint Offset);
