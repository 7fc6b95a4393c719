namespace Stackflare.Symbols.IL;

/// <summary>A call that awaits, in a method without a state machine.</summary>
/// <param name="ILOffset">Its IL offset.</param>
/// <param name="FollowsNew">
/// Whether it follows a constructor call. The compiler begins a statement there, so a mapping at this offset does not prove that the call was not
/// inlined.
/// </param>
internal readonly record struct AwaitCall(int ILOffset, bool FollowsNew);
