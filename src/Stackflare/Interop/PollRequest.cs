using System.Runtime.InteropServices;

namespace Stackflare.Interop;

/// <summary>The kernel's <c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollRequest
{
    /// <summary>A negative one is passed over.</summary>
    public int Descriptor;

    public short Events;
    public short Happened;
}
