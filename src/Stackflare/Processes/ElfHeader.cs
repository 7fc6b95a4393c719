using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>Reads the beginning of an executable or library.</summary>
internal static class ElfHeader
{
    private const int MachineOffset = 18, Bytes = 20;

    /// <summary>The processor that a file is compiled for; null if it is not an ELF file, the processor is unknown, or it cannot be read.</summary>
    public static Architecture? Processor(RootedPath path)
    {
        try
        {
            using SafeFileHandle? file = SafeOpen.Regular(path);
            Span<byte> header = stackalloc byte[Bytes];
            if (file is null || RandomAccess.Read(file, header, 0) < Bytes || !header.StartsWith("\u007fELF"u8))
                return null;
            return BinaryPrimitives.ReadUInt16LittleEndian(header[MachineOffset..]) switch // e_machine
            {
                3 => Architecture.X86,
                40 => Architecture.Arm,
                62 => Architecture.X64,
                183 => Architecture.Arm64,
                258 => Architecture.LoongArch64,
                _ => null,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
