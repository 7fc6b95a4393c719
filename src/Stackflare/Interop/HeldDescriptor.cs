using System.Runtime.InteropServices;

namespace Stackflare.Interop;

/// <summary>
/// The number of a descriptor that stays open until this is disposed. Otherwise, another thread could close it during a call, and a newly opened file
/// could get the same number.
/// </summary>
internal readonly ref struct HeldDescriptor : IDisposable
{
    private readonly SafeHandle? _handle;

    /// <param name="handle">The handle; null for none.</param>
    /// <exception cref="ObjectDisposedException">The handle was closed.</exception>
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
