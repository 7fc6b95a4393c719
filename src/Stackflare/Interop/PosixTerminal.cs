using System.Runtime.InteropServices;

namespace Stackflare.Interop;

// Terminals. The console class would initialize the terminal, and change it back at other times.
internal static unsafe partial class Posix
{
    private const nuint TIOCGWINSZ = 0x5413;
    private const int TCSANOW = 0, SIGSTOP = 19;

    // The kernel's flags, the same on x64 and arm64, with glibc and with musl.
    private const uint IXON = 0x400, ICANON = 0x2, ECHO = 0x8;
    private const int VTIME = 5, VMIN = 6;

    /// <summary>The size of a terminal; zeros if it does not say, or if the descriptor is no terminal.</summary>
    internal static (int Columns, int Rows) TerminalSize(int descriptor)
    {
        // Four numbers of 16 bits: rows, columns, and two that are not used.
        int* size = stackalloc int[2];
        return ControlDeviceRaw(descriptor, TIOCGWINSZ, size) < 0 ? default : ((int)((uint)size[0] >> 16), size[0] & 0xffff);
    }

    /// <summary>Makes a terminal give each key at once and show none. Keys that send signals still do.</summary>
    /// <returns>The settings before; null if the descriptor is no terminal.</returns>
    internal static TerminalSettings? ReadKeysFrom(int descriptor)
    {
        TerminalSettings before;
        if (GetTerminalRaw(descriptor, &before) < 0)
            return null;
        TerminalSettings keys = before;
        // A stopped output would also stop what restores the terminal.
        keys.InputFlags &= ~IXON;
        keys.LocalFlags &= ~(ICANON | ECHO);
        keys.Characters[VMIN] = 1;
        keys.Characters[VTIME] = 0;
        return SetTerminalRaw(descriptor, TCSANOW, &keys) < 0 ? null : before;
    }

    /// <summary>Changes a terminal back to earlier settings, as far as it still exists.</summary>
    internal static void SetTerminal(int descriptor, TerminalSettings settings) => _ = SetTerminalRaw(descriptor, TCSANOW, &settings);

    /// <summary>Stops this process until it gets SIGCONT.</summary>
    internal static void StopThisProcess() => _ = SendSignal(Environment.ProcessId, SIGSTOP);

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetTerminalRaw(int descriptor, TerminalSettings* settings);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetTerminalRaw(int descriptor, int when, TerminalSettings* settings);

    /// <summary>The C library's <c>struct termios</c>, with room for longer ones.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TerminalSettings
    {
        public uint InputFlags;
        public uint OutputFlags;
        public uint ControlFlags;
        public uint LocalFlags;
        public byte Discipline;
        public fixed byte Characters[32];
        private fixed uint _speeds[32];
    }
}
