using System.Text;
using Stackflare.Interop;
using Stackflare.Redacting;
using Stackflare.Symbols.Pdb;

namespace Stackflare;

/// <summary>
/// Replaces names of the program in dumps, so that a dump can be given to others (<see cref="RenderOptions.Redaction"/>, <see cref="ThreadDump.Redact"/>).
/// Equal names get equal replacements, in all dumps that use the same object or the same key. A replacement is a part of a keyed hash: without the key,
/// nobody can compute the hashes of names that they guess. docs/redaction.md says what is kept. Immutable and safe to use from any thread.
/// </summary>
public sealed class Redaction
{
    private const int BlockBytes = 64, Characters = 8;

    /// <summary>32 characters, so that each stands for five bits; none that looks like another one.</summary>
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    // HMAC (RFC 2104) with SHA-256.
    private readonly byte[] _inner = new byte[BlockBytes], _outer = new byte[BlockBytes];

    /// <summary>Creates a redaction with a random key, which is not kept anywhere.</summary>
    public Redaction()
        : this([.. RandomId.New().ToByteArray(), .. RandomId.New().ToByteArray(), .. RandomId.New().ToByteArray()])
    {
    }

    /// <summary>Creates a redaction with a key, so that equal names have equal replacements in dumps of several processes or days.</summary>
    /// <param name="key">At least 16 bytes that nobody can guess. Anyone who has the key can find out whether a guessed name is in the dump.</param>
    /// <exception cref="ArgumentException">The key is shorter than 16 bytes.</exception>
    public Redaction(ReadOnlySpan<byte> key)
    {
        if (key.Length < LeastKeyBytes)
            throw new ArgumentException($"The key has {key.Length} bytes. It needs at least {LeastKeyBytes}.", nameof(key));
        byte[] block = key.Length > BlockBytes ? SourceHash.Sha256(key) : key.ToArray();
        for (int i = 0; i < BlockBytes; i++)
        {
            byte value = i < block.Length ? block[i] : (byte)0;
            (_inner[i], _outer[i]) = ((byte)(value ^ 0x36), (byte)(value ^ 0x5C));
        }
    }

    /// <summary>The minimum length of a key.</summary>
    internal const int LeastKeyBytes = 16;

    /// <summary>The redaction that requests and environment variables ask for: its key is random, and the same until the process ends.</summary>
    internal static Redaction OfThisProcess { get; } = new();

    /// <summary>The replacement of a name: <c>_</c> and eight letters or digits. 40 bits, so that among ten thousand names, two have the same one once in 20,000 dumps.</summary>
    /// <param name="kind">
    /// What it is the name of. Equal texts of different kinds have different replacements, so that who may choose a text of one kind, for example the path of a request, cannot guess those of another.
    /// </param>
    /// <param name="name">The name.</param>
    internal string Replace(NameKind kind, string name)
    {
        byte[] inner = SourceHash.Sha256([.. _inner, (byte)kind, .. Encoding.UTF8.GetBytes(name)]), hash = SourceHash.Sha256([.. _outer, .. inner]);
        ulong bits = BitConverter.ToUInt64(hash);
        return string.Create(Characters + 1, bits, static (text, bits) =>
        {
            text[0] = '_';
            for (int i = 1; i < text.Length; i++, bits >>= 5)
                text[i] = Alphabet[(int)(bits & 31)];
        });
    }
}
