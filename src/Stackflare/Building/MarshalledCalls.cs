namespace Stackflare.Building;

/// <summary>
/// Names the calls of methods with <c>LibraryImport</c>. The generated code of such a method converts its arguments and then calls a local function
/// <c>__PInvoke</c>, which is the P/Invoke and, in the images of libraries, can have code. If the frame of the author's method is next, it says all, so
/// that of the local function is hidden. If that method was inlined into its caller, the local function has its name.
/// </summary>
internal sealed class MarshalledCalls
{
    private const string Suffix = ".__PInvoke";

    private readonly Dictionary<(DumpFrame Frame, bool IsHidden), DumpFrame> _renamed = [];

    /// <summary>Replaces such frames in a stack.</summary>
    /// <param name="stack">The frames, innermost first.</param>
    public void Rename(DumpFrame[] stack)
    {
        for (int i = 0; i < stack.Length; i++)
        {
            if (stack[i] is not { Kind: FrameKind.PInvoke or FrameKind.Managed, Method: { } call } frame || !call.Name.EndsWith(Suffix, StringComparison.Ordinal))
                continue;
            string name = call.Name[..^Suffix.Length];
            bool isHidden = frame.IsHidden || IsSame(stack.AsSpan(i + 1), frame, name);
            if (!_renamed.TryGetValue((frame, isHidden), out DumpFrame? renamed))
                _renamed[(frame, isHidden)] = renamed = Renamed(frame, name, isHidden);
            stack[i] = renamed;
        }
    }

    private static bool IsSame(ReadOnlySpan<DumpFrame> outer, DumpFrame call, string name)
    {
        foreach (DumpFrame frame in outer)
        {
            // A stub of the runtime can be in between.
            if (frame is not { IsHidden: true, Module: null })
                return frame.Method.Name == name && frame.Method.DeclaringType == call.Method.DeclaringType && ReferenceEquals(frame.Module, call.Module);
        }
        return false;
    }

    /// <summary>Its parameters are those of the native function, not those that the author wrote.</summary>
    private static DumpFrame Renamed(DumpFrame frame, string name, bool isHidden) => new()
    {
        Kind = frame.Kind,
        Method = new MethodName(frame.Method.DeclaringType, name, frame.Method.TypeParameters, null),
        Source = frame.Source,
        Symbols = frame.Symbols,
        Module = frame.Module,
        MetadataToken = frame.MetadataToken,
        ILOffset = frame.ILOffset,
        Address = frame.Address,
        IsHidden = isHidden,
    };
}
