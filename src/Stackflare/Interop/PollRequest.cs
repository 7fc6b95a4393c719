using System.Runtime.InteropServices;

namespace Stackflare.Interop;

/// <summary>The kernel's <c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollRequest
{
    /// <summary>The kernel ignores negative ones.</summary>
    public int Descriptor;

    public short Events;
    public short Happened;
}
