using System.Reflection.Metadata;
using Stackflare.Errors;

namespace Stackflare.Symbols.Names;

/// <summary>
/// Names the methods of one module: spelled as in <see cref="Exception.StackTrace"/>, but compiler-generated methods
/// get the names that their author wrote. Throws exceptions that <see cref="MalformedData"/> lists if metadata is malformed.
/// </summary>
/// <remarks>
/// Exception.StackTrace leaves out methods marked AggressiveInlining, because only some builds show them. They are not
/// hidden here, because a thread can really be in one.
/// </remarks>
internal sealed class MethodNames(MetadataReader reader, MetadataReader? pdb)
{
    private readonly AccessorNames _accessors = new(reader);
    private readonly StateMachines _stateMachines = new(reader, pdb);

    public MethodSymbol Describe(MethodDefinitionHandle handle)
    {
        MethodDefinition method = reader.GetMethodDefinition(handle);
        string name = reader.Text(method.Name);
        bool hidden = IsHidden(method);

        MethodDefinitionHandle kickoff = _stateMachines.KickoffOf(handle, name);
        if (!kickoff.IsNil)
        {
            MethodDefinition author = reader.GetMethodDefinition(kickoff);
            return new MethodSymbol(Spell(kickoff, author, reader.Text(author.Name)), hidden || IsHidden(author));
        }
        if (_stateMachines.OuterNameOf(method, name) is { } outer)
        {
            TypeDefinition machine = reader.GetTypeDefinition(method.GetDeclaringType());
            TypeDefinitionHandle author = AuthorType(machine.GetDeclaringType(), []);
            return new MethodSymbol(new MethodName(TypeText(author), Spell(outer, author), "", null), hidden);
        }

        // A method that only starts a state machine is not interesting: its code is in MoveNext.
        hidden |= _stateMachines.Starts(method, name) || name == CompilerNames.AsyncMainWrapper;
        return new MethodSymbol(Spell(handle, method, name), hidden);
    }

    private MethodName Spell(MethodDefinitionHandle handle, MethodDefinition method, string name)
    {
        TypeDefinitionHandle declaring = method.GetDeclaringType(), author = declaring;
        TypeDefinition type = reader.GetTypeDefinition(declaring);
        string[] own = reader.Names(method.GetGenericParameters()), ofType = reader.Names(type.GetGenericParameters());
        var typeParameters = new List<string>();
        if (CompilerNames.TryLambda(name, out _) || CompilerNames.TryLocalFunction(name, out _, out _))
            author = AuthorType(declaring, typeParameters);
        foreach (string parameter in own)
        {
            if (!typeParameters.Contains(parameter))
                typeParameters.Add(parameter);
        }

        List<string>? types = new SignatureText(reader, ofType, own).Parameters(reader.GetBlobReader(method.Signature), out bool initOnly);
        bool isCompilers = name.StartsWith('<');
        string spelled = isCompilers ? Spell(name, author) : _accessors.Spell(handle, method, name, initOnly) ?? ExplicitNames.Spell(name);
        // The compiler implements the interfaces of an iterator explicitly, and nobody wrote their names.
        if (CompilerNames.TryStateMachine(reader.Text(type.Name), out _))
            spelled = spelled[(ExplicitNames.Spell(name).Length - ExplicitNames.Member(name).Length)..];
        return new MethodName(
            TypeText(author), spelled, string.Join(',', typeParameters), types is null ? null : Parameters(method, types, isCompilers));
    }

    /// <summary>The display name of a method that is known only by its metadata name.</summary>
    private string Spell(string name, TypeDefinitionHandle type)
    {
        if (name is CompilerNames.TopLevelMain or CompilerNames.AsyncMainWrapper)
            return "Main";
        if (name == CompilerNames.Clone)
            return "Clone";
        if (CompilerNames.TryLambda(name, out string outer))
            return SpellOuter(outer, type) + ".lambda";
        if (CompilerNames.TryLocalFunction(name, out outer, out string local))
            return SpellOuter(outer, type) + "." + local;
        return SpellOuter(name, type);
    }

    private string SpellOuter(string name, TypeDefinitionHandle type) =>
        name is CompilerNames.TopLevelMain or CompilerNames.AsyncMainWrapper ? "Main" : _accessors.SpellByName(type, name) ?? name;

    /// <summary>
    /// The type that contains a lambda or local function in the source. Collects the type parameters of closures that this type
    /// does not have: they belong to the method, and the compiler has moved them.
    /// </summary>
    private TypeDefinitionHandle AuthorType(TypeDefinitionHandle handle, List<string> typeParameters)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        GenericParameterHandleCollection parameters = type.GetGenericParameters();
        for (int depth = 0; depth < SymbolLimits.NestedTypes; depth++)
        {
            TypeDefinitionHandle outer = type.GetDeclaringType();
            if (outer.IsNil || !CompilerNames.IsClosure(reader.Text(type.Name)))
                break;
            handle = outer;
            type = reader.GetTypeDefinition(handle);
        }
        string[] names = reader.Names(parameters);
        for (int i = type.GetGenericParameters().Count; i < names.Length; i++)
            typeParameters.Add(names[i]);
        return handle;
    }

    private string Parameters(MethodDefinition method, List<string> types, bool isCompilers)
    {
        // Captured variables are passed to a local function by reference, after the parameters in the source.
        int count = types.Count;
        while (isCompilers && count > 0 && types[count - 1].EndsWith('&') && types[count - 1].StartsWith(CompilerNames.CapturedVariables, StringComparison.Ordinal))
            count--;

        string?[] names = new string?[count];
        int rows = 0;
        foreach (ParameterHandle handle in method.GetParameters())
        {
            if (++rows > SymbolLimits.SignatureParameters)
                break;
            Parameter parameter = reader.GetParameter(handle);
            // Number 0 is the return value.
            if (parameter.SequenceNumber is > 0 and int number && number <= count)
                names[number - 1] = reader.Text(parameter.Name);
        }
        string[] texts = new string[count];
        for (int i = 0; i < count; i++)
            texts[i] = string.IsNullOrEmpty(names[i]) || names[i]!.StartsWith('<') ? types[i] : types[i] + " " + names[i];
        return string.Join(", ", texts);
    }

    private bool IsHidden(in MethodDefinition method)
    {
        if (reader.IsStackTraceHidden(method.GetCustomAttributes()))
            return true;
        TypeDefinitionHandle handle = method.GetDeclaringType();
        for (int depth = 0; !handle.IsNil && depth < SymbolLimits.NestedTypes; depth++)
        {
            TypeDefinition type = reader.GetTypeDefinition(handle);
            if (reader.IsStackTraceHidden(type.GetCustomAttributes()))
                return true;
            handle = type.GetDeclaringType();
        }
        return false;
    }

    /// <summary>Global functions and variables belong to a type called &lt;Module&gt;, which is not shown.</summary>
    private string TypeText(TypeDefinitionHandle handle) =>
        reader.GetTypeDefinition(handle) is var type && reader.StringComparer.Equals(type.Name, "<Module>") && type.GetDeclaringType().IsNil
            ? ""
            : reader.FullTypeName(handle);
}
