#pragma warning disable IDE0130 // The compiler knows it by this name.
namespace System.Runtime.CompilerServices;

/// <summary>Tells the compiler whether the runtime is to suspend a method itself, where it compiles for that at all.</summary>
/// <param name="runtimeAsync">Whether it is; else it has a state machine.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RuntimeAsyncMethodGenerationAttribute(bool runtimeAsync) : Attribute
{
    /// <summary>Whether it is.</summary>
    public bool RuntimeAsync { get; } = runtimeAsync;
}
