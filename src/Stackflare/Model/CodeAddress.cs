using System.Globalization;

namespace Stackflare;

/// <summary>An address of machine code in the dumped process.</summary>
/// <param name="Value">The address.</param>
public readonly record struct CodeAddress(ulong Value)
{
    /// <summary>The address in hexadecimal, with a <c>0x</c> prefix.</summary>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}
