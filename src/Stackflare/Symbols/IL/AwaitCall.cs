namespace Stackflare.Symbols.IL;

/// <summary>A call that awaits, in a method without a state machine.</summary>
/// <param name="ILOffset">Where in the IL it is.</param>
/// <param name="FollowsNew">Whether it comes right after a constructor's call. There a statement of the compiler's begins, so that the place is no sign that the call stayed one.</param>
internal readonly record struct AwaitCall(int ILOffset, bool FollowsNew);
