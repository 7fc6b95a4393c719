using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.Names;

/// <summary>Leads from the type that a compiler makes of an async method or iterator back to the method.</summary>
internal sealed class StateMachines(MetadataReader reader, MetadataReader? pdb)
{
    private const string MoveNext = "MoveNext";

    /// <summary>
    /// The method whose body is in the given method of a state machine; nil if that is none. A finally block of an iterator is a method of its
    /// own, since Dispose runs it too.
    /// </summary>
    public MethodDefinitionHandle KickoffOf(MethodDefinitionHandle handle, string name)
    {
        bool isFinally = name.StartsWith("<>m__Finally", StringComparison.Ordinal);
        if (name != MoveNext && !isFinally)
            return default;
        if (!isFinally && FromPdb(handle) is { IsNil: false } kickoff)
            return kickoff;
        TypeDefinition machine = reader.GetTypeDefinition(reader.GetMethodDefinition(handle).GetDeclaringType());
        return machine.GetDeclaringType() is { IsNil: false } outer ? FromAttributes(outer, machine) : default;
    }

    /// <summary>Where neither PDB nor attributes lead to the method, the name that the machine's type was made of; null if it is none.</summary>
    public string? OuterNameOf(in MethodDefinition method, string name)
    {
        if (name != MoveNext)
            return null;
        TypeDefinition machine = reader.GetTypeDefinition(method.GetDeclaringType());
        return !machine.GetDeclaringType().IsNil && CompilerNames.TryStateMachine(reader.Text(machine.Name), out string outer) ? outer : null;
    }

    /// <summary>Whether all the method does is to start or resume a state machine.</summary>
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
            // A broken PDB must not cost the name as well.
            return default;
        }
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
