using System.Buffers.Binary;

namespace Stackflare.Tests.Capture.CoreFiles;

/// <summary>A library of two pages: a build id, and in the second page a word that the loader relocates.</summary>
internal static class ElfBuilder
{
    public const ulong Length = 0x2000, RelocatedAt = 0x1010, RelocatedValue = 0x77;

    public static byte[] Library(byte id)
    {
        byte[] file = new byte[Length];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        Write(32, 64);
        file[56] = 3;
        Header(0, kind: 1, position: 0, address: 0, length: Length);
        Header(1, kind: 4, position: 0x200, address: 0x200, length: 36);
        Header(2, kind: 2, position: 0x300, address: 0x300, length: 48);
        // A note: the lengths of the name and of the id, its kind, the name, the id.
        file[0x200] = 4;
        file[0x204] = 20;
        file[0x208] = 3;
        "GNU\0"u8.CopyTo(file.AsSpan(0x20C));
        file.AsSpan(0x210, 20).Fill(id);
        // The table of relocations: where it is and how long; one entry: a place, its kind, a value.
        Write(0x300, 7);
        Write(0x308, 0x400);
        Write(0x310, 8);
        Write(0x318, 24);
        Write(0x400, RelocatedAt);
        Write(0x408, 8);
        Write(0x410, RelocatedValue);
        file.AsSpan(0x1100, 16).Fill(0xAB);
        return file;

        void Write(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);

        void Header(int index, int kind, ulong position, ulong address, ulong length)
        {
            int at = 64 + (56 * index);
            file[at] = (byte)kind;
            Write(at + 8, position);
            Write(at + 16, address);
            Write(at + 32, length);
        }
    }
}
