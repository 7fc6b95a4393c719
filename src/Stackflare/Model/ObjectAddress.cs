using System.Globalization;

namespace Stackflare;

/// <summary>
/// The address of an object in the dumped process during the pause. The garbage collector moves objects, so an object can have another address in the
/// next dump.
/// </summary>
/// <param name="Value">The address.</param>
public readonly record struct ObjectAddress(ulong Value)
{
    /// <summary>The address in hexadecimal, with a <c>0x</c> prefix.</summary>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}
