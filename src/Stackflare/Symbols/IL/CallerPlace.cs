namespace Stackflare.Symbols.IL;

/// <summary>Where a method was when it called the next method of a stack.</summary>
/// <param name="ILOffset">The IL offset of the call, or of its statement.</param>
/// <param name="IsApproximate">Whether several calls are possible, so that the line is only close.</param>
internal readonly record struct CallerPlace(int ILOffset, bool IsApproximate);

/// <summary>What the place of a caller depends on.</summary>
/// <param name="Token">The caller's MethodDef token.</param>
/// <param name="ILOffset">The IL offset that the runtime gives for the return address.</param>
/// <param name="Next">The IL offset of the code after it.</param>
/// <param name="Places">The hash of the IL offsets that the compiled code has places for.</param>
/// <param name="Inner">What was called.</param>
internal readonly record struct CallerQuestion(uint Token, int ILOffset, int? Next, int Places, CalledFrames Inner);

/// <summary>What was called, by the frames that are further in.</summary>
/// <param name="Kind">What kind of code.</param>
/// <param name="Module">The module version id of the method.</param>
/// <param name="Token">Its MethodDef token.</param>
/// <param name="Through">The MethodDef token of the framework's method between both; 0 if there is none.</param>
internal readonly record struct CalledFrames(CalledKind Kind, Guid? Module = null, uint Token = 0, uint Through = 0);

/// <summary>What kind of code a method called.</summary>
internal enum CalledKind
{
    /// <summary>Nothing: the thread was at this place of the method.</summary>
    None,

    /// <summary>A method.</summary>
    Method,

    /// <summary>A dynamic method, which has no name in the caller's IL.</summary>
    Dynamic,

    /// <summary>Code of the runtime or of a native library.</summary>
    Native,

    /// <summary>The code of the runtime that handles exceptions.</summary>
    Throw,
}
