using System.Runtime.CompilerServices;

namespace Stackflare.Runtime.Stacks;

/// <summary>The registers of a thread that a walk needs, on x64. Those that a call does not preserve may have any value.</summary>
internal struct Registers
{
    /// <summary>The number of general registers.</summary>
    public const int Count = 16;

    /// <summary>Numbers of registers, as in unwind codes and in instructions.</summary>
    public const int Rbx = 3, Rsp = 4, Rbp = 5;

    private Values _values;

    public ulong Ip { get; set; }

    public ulong Sp
    {
        readonly get => this[Rsp];
        set => this[Rsp] = value;
    }

    public readonly ulong Fp => this[Rbp];

    /// <summary>A register by its number.</summary>
    public ulong this[int number]
    {
        readonly get => _values[number];
        set => _values[number] = value;
    }

    [InlineArray(Count)]
    private struct Values
    {
        private ulong _first;
    }
}
