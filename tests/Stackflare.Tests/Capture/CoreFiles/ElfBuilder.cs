using System.Buffers.Binary;
using System.Text;
using Stackflare.Processes;

namespace Stackflare.Tests.Capture.CoreFiles;

/// <summary>A library of two pages: a build id, and in the second page a word that the loader relocates.</summary>
internal static class ElfBuilder
{
    public const ulong Length = 0x2000, RelocatedAt = 0x1010, RelocatedValue = 0x77;

    /// <summary>Where a host keeps the id of its bundle, in its variables.</summary>
    public const int IdAt = 0x1400;

    /// <summary>A single-file program: that library as the host of all programs, and a third page with the files.</summary>
    public static byte[] Bundle(string id)
    {
        const int mark = 0x1208, table = 0x2000;
        byte[] file = [.. Library(1), .. new byte[0x1000]];
        file[56] = 4;
        // Its variables are a part that can be written.
        int part = 64 + (56 * 3);
        (file[part], file[part + 4]) = (1, 6);
        foreach ((int at, int value) in ((int, int)[])[(8, 0x1000), (16, 0x1000), (32, 0x1000), (40, 0x1000)])
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(part + at), value);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(mark - 8), table);
        BundleMark.Write(file.AsSpan(mark));
        (file[table], file[table + 12]) = (6, (byte)id.Length);
        Encoding.UTF8.GetBytes(id).CopyTo(file, table + 13);
        file.AsSpan(0x2100, 16).Fill(0xAB);
        return file;
    }

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
