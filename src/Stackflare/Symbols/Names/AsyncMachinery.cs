namespace Stackflare.Symbols.Names;

/// <summary>
/// The methods of the core library between an async method's call and its code, and between its code and whatever continues it. There are up to
/// four for one async method, and their number differs with how the method was compiled.
/// </summary>
internal static class AsyncMachinery
{
    private const string Namespace = "System.Runtime.CompilerServices.";

    /// <summary>Whether the method is one of them.</summary>
    /// <param name="method">A method of the core library.</param>
    public static bool Contains(MethodName method)
    {
        if (!method.DeclaringType.StartsWith(Namespace, StringComparison.Ordinal))
            return false;
        ReadOnlySpan<char> type = method.DeclaringType.AsSpan(Namespace.Length);
        // AsyncTaskMethodBuilder`1.AsyncStateMachineBox`1, PoolingAsyncValueTaskMethodBuilder`1.StateMachineBox`1
        if (type.EndsWith("StateMachineBox`1", StringComparison.Ordinal))
            return true;
        // AsyncMethodBuilderCore too; an async iterator is started by MoveNext of its builder.
        return method.Name is "Start" or "MoveNext" && type.Contains("MethodBuilder", StringComparison.Ordinal);
    }
}
