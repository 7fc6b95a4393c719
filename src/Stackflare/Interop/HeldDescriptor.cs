using System.Runtime.InteropServices;

namespace Stackflare.Interop;

/// <summary>
/// The number of a descriptor, which is not closed before this is disposed: while a call uses it, another thread could close it and a file that is opened then
/// would have its number.
/// </summary>
internal readonly ref struct HeldDescriptor : IDisposable
{
    private readonly SafeHandle? _handle;

    /// <param name="handle">Null for none.</param>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public HeldDescriptor(SafeHandle? handle)
    {
        bool isHeld = false;
        handle?.DangerousAddRef(ref isHeld);
        _handle = handle;
    }

    /// <summary>-1 for none.</summary>
    public int Number => _handle is null ? -1 : (int)_handle.DangerousGetHandle();

    public void Dispose() => _handle?.DangerousRelease();
}
