using Stackflare.Runtime.Types;

namespace Stackflare.Runtime.Locks;

/// <summary>Variables that each thread has for itself.</summary>
internal sealed class ThreadVariables(ProcessMemory memory, VariableLayout layout, ArrayLayout arrays)
{
    /// <summary>The address of a thread's variable; 0 if the thread has not used it.</summary>
    /// <exception cref="MissingMemoryException">The data of the thread is missing, or is not that of the thread.</exception>
    public ulong AddressOf(ulong thread, ThreadVariable variable)
    {
        if (variable.Index == VariableLayout.Unused || memory.Pointer(thread + layout.Data) is not (var data and not 0))
            return 0;
        if (memory.Pointer(data + VariableLayout.Back) != thread)
            throw new MissingMemoryException(data);
        uint kind = variable.Index >> VariableLayout.KindShift, place = variable.Index & VariableLayout.Place;
        if (kind == VariableLayout.Direct)
            return data + place + variable.Offset;
        if (kind != VariableLayout.InArray || place < layout.LeftOut || place >= memory.Read<uint>(data + layout.Count))
            return 0;
        ulong variables = memory.Pointer(memory.Pointer(data + layout.Array) + arrays.Items + ((place - layout.LeftOut) * sizeof(ulong)));
        return variables == 0 ? 0 : variables + variable.Offset;
    }
}
