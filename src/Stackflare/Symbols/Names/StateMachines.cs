using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Errors;

namespace Stackflare.Symbols.Names;

/// <summary>Finds the async method or iterator from which a compiler made a type.</summary>
internal sealed class StateMachines(MetadataReader reader, MetadataReader? pdb)
{
    private const string MoveNext = "MoveNext";

    /// <summary>
    /// The source method of a state machine's method; nil if there is none. A finally block of an iterator is a separate
    /// method, because Dispose runs it too.
    /// </summary>
    public MethodDefinitionHandle KickoffOf(MethodDefinitionHandle handle, string name)
    {
        bool isFinally = name.StartsWith("<>m__Finally", StringComparison.Ordinal);
        if (name != MoveNext && !isFinally)
            return default;
        if (!isFinally && FromPdb(handle) is { IsNil: false } kickoff)
            return kickoff;
        TypeDefinition machine = reader.GetTypeDefinition(reader.GetMethodDefinition(handle).GetDeclaringType());
        if (machine.GetDeclaringType() is not { IsNil: false } outer)
            return default;
        return CompilerNames.TryFSharpClosure(reader.Text(machine.Name), out string function) ? FromName(outer, function) : FromAttributes(outer, machine);
    }

    /// <summary>
    /// If neither PDB nor attributes contain the method: the name from which the machine's type name was made; null if there is none.
    /// </summary>
    public string? OuterNameOf(in MethodDefinition method, string name)
    {
        if (name != MoveNext)
            return null;
        TypeDefinition machine = reader.GetTypeDefinition(method.GetDeclaringType());
        string type = reader.Text(machine.Name);
        return !machine.GetDeclaringType().IsNil && (CompilerNames.TryStateMachine(type, out string outer) || CompilerNames.TryFSharpClosure(type, out outer)) ? outer : null;
    }

    /// <summary>Whether the method only starts or resumes a state machine.</summary>
    public bool Starts(in MethodDefinition method, string name)
    {
        if (reader.StateMachineType(method.GetCustomAttributes()) is not null)
            return true;
        // MoveNextAsync of an async iterator only calls its MoveNext.
        return name.EndsWith("." + MoveNext + "Async", StringComparison.Ordinal)
            && CompilerNames.TryStateMachine(reader.Text(reader.GetTypeDefinition(method.GetDeclaringType()).Name), out _);
    }

    private MethodDefinitionHandle FromPdb(MethodDefinitionHandle handle)
    {
        MethodDebugInformationHandle debug = handle.ToDebugInformationHandle();
        if (pdb is null || MetadataTokens.GetRowNumber(debug) > pdb.MethodDebugInformation.Count)
            return default;
        try
        {
            MethodDefinitionHandle kickoff = pdb.GetMethodDebugInformation(debug).GetStateMachineKickoffMethod();
            return MetadataTokens.GetRowNumber(kickoff) <= reader.MethodDefinitions.Count ? kickoff : default;
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            // A corrupt PDB must not prevent naming the method.
            return default;
        }
    }

    /// <summary>F# says only the name. Nil if several methods have it.</summary>
    private MethodDefinitionHandle FromName(TypeDefinitionHandle outer, string name)
    {
        MethodDefinitionHandle only = default;
        int count = 0;
        foreach (MethodDefinitionHandle candidate in reader.GetTypeDefinition(outer).GetMethods())
        {
            if (++count > SymbolLimits.TypeMembers)
                break;
            if (!reader.StringComparer.Equals(reader.GetMethodDefinition(candidate).Name, name))
                continue;
            if (!only.IsNil)
                return default;
            only = candidate;
        }
        return only;
    }

    private MethodDefinitionHandle FromAttributes(TypeDefinitionHandle outer, in TypeDefinition machine)
    {
        string machineName = reader.Text(machine.Name);
        int count = 0;
        foreach (MethodDefinitionHandle candidate in reader.GetTypeDefinition(outer).GetMethods())
        {
            if (++count > SymbolLimits.TypeMembers)
                break;
            CustomAttributeHandleCollection attributes = reader.GetMethodDefinition(candidate).GetCustomAttributes();
            if (attributes.Count > 0 && reader.StateMachineType(attributes) == machineName)
                return candidate;
        }
        return default;
    }
}
