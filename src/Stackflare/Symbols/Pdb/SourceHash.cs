using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Stackflare.Symbols.Pdb;

/// <summary>
/// SHA-256 and SHA-1 (FIPS 180-4), to compare source files with the checksums in the PDB. Implemented here because the framework uses OpenSSL on
/// Linux: loading it takes longer than the whole dump, and if it is not installed, the process ends. The replacements of redacted names are made
/// with it too. It does not hide how long it takes.
/// </summary>
internal static class SourceHash
{
    public const int Sha256Bytes = 32, Sha1Bytes = 20;
    private const int BlockBytes = 64;

    /// <summary>The fractional parts of the cube roots of the first 64 primes.</summary>
    private static readonly uint[] CubeRoots = Roots(64, cube: true);

    /// <summary>The fractional parts of the square roots of the first 8 primes.</summary>
    private static readonly uint[] SquareRoots = Roots(8, cube: false);

    private delegate void BlockFunction(ReadOnlySpan<byte> block, Span<uint> state, Span<uint> schedule);

    public static byte[] Sha256(ReadOnlySpan<byte> data)
    {
        Span<uint> state = stackalloc uint[8];
        SquareRoots.CopyTo(state);
        return Run(data, state, stackalloc uint[64], Sha256Block);
    }

    public static byte[] Sha1(ReadOnlySpan<byte> data) =>
        Run(data, [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0], stackalloc uint[80], Sha1Block);

    /// <summary>All full blocks, then the padding: a one bit, zeros, the length in bits.</summary>
    private static byte[] Run(ReadOnlySpan<byte> data, Span<uint> state, Span<uint> schedule, BlockFunction function)
    {
        int full = data.Length / BlockBytes * BlockBytes;
        for (int at = 0; at < full; at += BlockBytes)
            function(data.Slice(at, BlockBytes), state, schedule);

        Span<byte> tail = stackalloc byte[2 * BlockBytes];
        tail.Clear();
        ReadOnlySpan<byte> rest = data[full..];
        rest.CopyTo(tail);
        tail[rest.Length] = 0x80;
        int blocks = rest.Length + 1 + sizeof(ulong) > BlockBytes ? 2 : 1;
        BinaryPrimitives.WriteUInt64BigEndian(tail[(blocks * BlockBytes - sizeof(ulong))..], (ulong)data.Length * 8);
        for (int at = 0; at < blocks * BlockBytes; at += BlockBytes)
            function(tail.Slice(at, BlockBytes), state, schedule);

        byte[] hash = new byte[state.Length * sizeof(uint)];
        for (int i = 0; i < state.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(i * sizeof(uint)), state[i]);
        return hash;
    }

    // Optimized immediately: the first dump has no time for tiering.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sha256Block(ReadOnlySpan<byte> block, Span<uint> state, Span<uint> w)
    {
        for (int t = 0; t < 16; t++)
            w[t] = BinaryPrimitives.ReadUInt32BigEndian(block[(t * sizeof(uint))..]);
        for (int t = 16; t < w.Length; t++)
        {
            uint w15 = w[t - 15], w2 = w[t - 2];
            w[t] = w[t - 16] + w[t - 7]
                + (BitOperations.RotateRight(w15, 7) ^ BitOperations.RotateRight(w15, 18) ^ (w15 >> 3))
                + (BitOperations.RotateRight(w2, 17) ^ BitOperations.RotateRight(w2, 19) ^ (w2 >> 10));
        }

        uint a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        uint[] k = CubeRoots;
        for (int t = 0; t < w.Length; t++)
        {
            uint first = h + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25))
                + ((e & f) ^ (~e & g)) + k[t] + w[t];
            uint second = (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22))
                + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + first, c, b, a, first + second);
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sha1Block(ReadOnlySpan<byte> block, Span<uint> state, Span<uint> w)
    {
        for (int t = 0; t < 16; t++)
            w[t] = BinaryPrimitives.ReadUInt32BigEndian(block[(t * sizeof(uint))..]);
        for (int t = 16; t < w.Length; t++)
            w[t] = BitOperations.RotateLeft(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);

        uint a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
        for (int t = 0; t < w.Length; t++)
        {
            uint mixed = t switch
            {
                < 20 => ((b & c) | (~b & d)) + 0x5A827999,
                < 40 => (b ^ c ^ d) + 0x6ED9EBA1,
                < 60 => ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC,
                _ => (b ^ c ^ d) + 0xCA62C1D6,
            };
            (e, d, c, b, a) = (d, c, BitOperations.RotateLeft(b, 30), a, BitOperations.RotateLeft(a, 5) + mixed + e + w[t]);
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }

    private static uint[] Roots(int count, bool cube)
    {
        uint[] roots = new uint[count];
        int found = 0;
        for (uint candidate = 2; found < count; candidate++)
        {
            bool prime = true;
            for (uint divisor = 2; divisor * divisor <= candidate; divisor++)
                prime &= candidate % divisor != 0;
            if (prime)
                roots[found++] = Fraction(candidate, cube);
        }
        return roots;
    }

    /// <summary>The first 32 fractional bits of a root: the largest r with r^n at most candidate * 2^(32n), without its integer part.</summary>
    private static uint Fraction(uint candidate, bool cube)
    {
        ulong root = 0;
        UInt128 target = (UInt128)candidate << (cube ? 96 : 64);
        for (int bit = 36; bit >= 0; bit--)
        {
            ulong next = root | (1UL << bit);
            UInt128 power = (UInt128)next * next;
            if (cube)
                power *= next;
            if (power <= target)
                root = next;
        }
        return (uint)root;
    }
}
