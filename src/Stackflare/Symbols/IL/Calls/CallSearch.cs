using Stackflare.Errors;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.IL.Calls;

/// <summary>Whether a call leads to the next frame of a stack.</summary>
internal enum CallFit
{
    No,

    /// <summary>It may: its code is not read.</summary>
    Elsewhere,

    /// <summary>It may: which method runs depends on an object.</summary>
    Unknown,

    /// <summary>It calls a method that calls the next frame's, and that the compiler may have inlined, or ended with a jump.</summary>
    Through,

    /// <summary>It calls the method.</summary>
    Direct,
}

/// <summary>
/// Decides which instructions of a method can lead to the next frame of a stack. A method that is called and has no frame was inlined, or ended with a
/// jump to the next method (a tail call). So calls are followed through such methods. Throws exceptions that <see cref="MalformedData"/> lists if metadata
/// or IL are malformed.
/// </summary>
/// <param name="caller">The module of the caller.</param>
/// <param name="target">The next frame.</param>
/// <param name="isOptimized">Whether the compiler inlines methods.</param>
/// <param name="passesFunctions">Whether the caller creates delegates, so that other modules can call any method.</param>
internal sealed class CallSearch(ModuleSymbols caller, CallTarget target, bool isOptimized, bool passesFunctions)
{
    /// <summary>The maximum IL of a method that the compiler inlines, according to a profile (JitExtDefaultPolicyMaxILProf).</summary>
    private const int InlinedBytes = 0x400;

    private readonly Dictionary<(ModuleSymbols Module, int Method), CallFit> _known = [];

    /// <summary>Whether only the caller's module can call the method. Others do not know it.</summary>
    private readonly bool _isPrivate = target.Kind == CalledKind.Method && ReferenceEquals(target.Module, caller) && !target.IsCallback && !passesFunctions;

    /// <summary>Whether the platform's basic types do not know the method: they call no module but their own.</summary>
    private readonly bool _isAboveCoreLib = target.Kind == CalledKind.Method && !ReferenceEquals(target.Module, target.CoreLib) && !target.IsCallback && !passesFunctions;

    public CallFit Fit(in Instruction instruction) => Fit(caller, instruction, 0);

    /// <summary>Whether the instruction itself names what was called. Reads no other method.</summary>
    public bool IsDirect(in Instruction instruction) => caller.Calls is { } calls && IsDirect(calls, instruction, out _);

    private bool IsDirect(MethodCalls calls, in Instruction instruction, out CalledMethod? called)
    {
        called = null;
        if (target.Kind == CalledKind.Throw && instruction.Code is Instruction.Throw or Instruction.Rethrow)
            return true;
        if (target.Initialized is { } type && (instruction.IsCall || instruction.IsStaticAccess) && calls.IsOfType(instruction.Operand, type))
            return true;
        called = instruction.IsCall ? calls.Method(instruction.Operand) : null;
        if (called is null)
            return false;
        bool isVirtual = instruction.Code == Instruction.CallVirtual;
        foreach (CalledMethod method in target.Methods)
        {
            if (called.HasName(method) && (called.HasType(method) || (isVirtual && method.IsVirtual) || (instruction.IsStaticVirtual && !method.HasThis)))
                return true;
        }
        return isVirtual && called.Name == "Invoke" && target.IsLambda;
    }

    private CallFit Fit(ModuleSymbols module, in Instruction instruction, int depth)
    {
        if (module.Calls is not { } calls)
            return CallFit.Elsewhere;
        if (IsDirect(calls, instruction, out CalledMethod? called))
            return CallFit.Direct;
        if (instruction.Code == Instruction.CallIndirect)
            return CallFit.Unknown;
        if (called is null)
            return CallFit.No;
        bool isVirtual = instruction.Code == Instruction.CallVirtual;
        if ((isVirtual && called.Name == "Invoke") || instruction.IsStaticVirtual)
            return Unknown(depth);
        if (called.Definition != 0)
            return isVirtual && called.IsVirtual ? Unknown(depth) : Through(module, calls, called, depth);
        if (_isPrivate)
            return CallFit.No;
        foreach (ModuleSymbols? other in (ReadOnlySpan<ModuleSymbols?>)[target.Module, target.CoreLib])
        {
            if (other is { Calls: { } others } && !ReferenceEquals(other, module) && others.Find(called) is not 0 and var definition && others.Method(definition) is { } there)
            {
                return isVirtual && there.IsVirtual ? Unknown(depth)
                    : _isAboveCoreLib && ReferenceEquals(other, target.CoreLib) ? CallFit.No
                    : Through(other, others, there, depth);
            }
        }
        // Arrays have methods without a type's name.
        return !isOptimized || called.Type.Length == 0 ? CallFit.No : CallFit.Elsewhere;
    }

    /// <summary>A method that depends on the object, and that was inlined because of a profile. Inside of an inlined method, this is not considered.</summary>
    private CallFit Unknown(int depth) => isOptimized && depth == 0 ? CallFit.Unknown : CallFit.No;

    private CallFit Through(ModuleSymbols module, MethodCalls calls, CalledMethod called, int depth)
    {
        if (called.Traits.HasFlag(MethodTraits.Extern))
            return target.Kind == CalledKind.Native ? CallFit.Direct : CallFit.No;
        if (!isOptimized)
            return CallFit.No;
        if (_known.TryGetValue((module, called.Definition), out CallFit known))
            return known;
        if (depth == SymbolLimits.CallDepth || _known.Count == SymbolLimits.CalledMethods)
            return CallFit.Elsewhere;
        _known[(module, called.Definition)] = CallFit.No; // while it is looked at: recursion leads nowhere else
        List<Instruction> body = calls.Body(called.Definition).Instructions;
        bool isInlined = !called.Traits.HasFlag(MethodTraits.NoInlining)
            && (called.Traits.HasFlag(MethodTraits.AggressiveInlining) || body.Count == 0 || body[^1].End <= InlinedBytes);
        CallFit best = CallFit.No;
        for (int i = 0; i < body.Count && best < CallFit.Through; i++)
        {
            bool isTail = i + 1 < body.Count && body[i + 1].Code == Instruction.Return;
            if (!isInlined && !isTail)
                continue;
            CallFit fit = Fit(module, body[i], depth + 1);
            best = fit == CallFit.Direct ? CallFit.Through : fit > best ? fit : best;
        }
        return _known[(module, called.Definition)] = best;
    }
}
