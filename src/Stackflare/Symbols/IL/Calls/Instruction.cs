namespace Stackflare.Symbols.IL.Calls;

/// <summary>An instruction of IL.</summary>
/// <param name="Offset">Its IL offset.</param>
/// <param name="End">The offset of the next instruction.</param>
/// <param name="Code">The operation; of two bytes, both.</param>
/// <param name="Operand">A token, the number of a local variable, the target of a branch, or the number of targets of a <c>switch</c>; otherwise 0.</param>
internal readonly record struct Instruction(int Offset, int End, int Code, int Operand)
{
    public const int Call = 0x28, CallIndirect = 0x29, Return = 0x2A, Branch = 0x38, ShortBranch = 0x2B, Switch = 0x45, CallVirtual = 0x6F, New = 0x73, Throw = 0x7A;
    public const int Constrained = 0xFE16;
    public const int EndFinally = 0xDC, Leave = 0xDD, ShortLeave = 0xDE, LoadFunction = 0xFE06, LoadVirtualFunction = 0xFE07, EndFilter = 0xFE11, Rethrow = 0xFE1A;
    private const int StaticFirst = 0x7E, StaticLast = 0x80;

    /// <summary>Whether the method that it calls depends on a type parameter: the prefix <c>constrained.</c> is before it.</summary>
    public bool IsConstrained { get; init; }

    /// <summary>Whether it calls a static member of an interface, which the type argument implements.</summary>
    public bool IsStaticVirtual => IsConstrained && Code == Call;

    /// <summary>Whether it calls a method by its token.</summary>
    public bool IsCall => Code is Call or CallVirtual or New;

    /// <summary>Whether it creates a delegate's function pointer.</summary>
    public bool LoadsFunction => Code is LoadFunction or LoadVirtualFunction;

    /// <summary>Whether it uses a static field.</summary>
    public bool IsStaticAccess => Code is >= StaticFirst and <= StaticLast;

    /// <summary>Whether it has one target.</summary>
    public bool IsBranch => Code is >= ShortBranch and < Switch or Leave or ShortLeave;

    /// <summary>Whether the code does not continue after it.</summary>
    public bool IsEnd => Code is Return or Branch or ShortBranch or Leave or ShortLeave or Throw or Rethrow or EndFinally or EndFilter;

    /// <summary>The number of the local variable that it stores; null if it stores none.</summary>
    public int? Stored => Code is >= 0x0A and <= 0x0D or 0x13 or 0xFE0E ? Operand : null;

    /// <summary>The number of the local variable that it loads; null if it loads none.</summary>
    public int? Loaded => Code is >= 0x06 and <= 0x09 or 0x11 or 0xFE0C ? Operand : null;
}
