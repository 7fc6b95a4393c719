namespace Stackflare.EndToEnd.Oracle;

/// <summary>A managed frame as the debugger's library sees it.</summary>
internal readonly record struct OracleFrame(int Token, ulong Address, string Name)
{
    public override string ToString() => $"0x{Token:x8} at 0x{Address:x} {Name}";
}
