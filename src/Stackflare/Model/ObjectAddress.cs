using System.Globalization;

namespace Stackflare;

/// <summary>Where an object of the dumped process was during the pause. The garbage collector moves objects, so two dumps can have two for one.</summary>
/// <param name="Value">The address.</param>
public readonly record struct ObjectAddress(ulong Value)
{
    /// <summary>The address in hexadecimal, with a <c>0x</c> prefix.</summary>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}
