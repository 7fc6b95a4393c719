namespace Stackflare.Symbols.Modules;

/// <summary>Tells exceptions that broken or hostile data causes from those that are our own mistakes.</summary>
internal static class MalformedData
{
    /// <summary>
    /// For exception filters. The list is this long because the metadata reader reports what is malformed by whatever it
    /// trips over: out-of-range handles as argument errors, sizes as overflows, wrong handle kinds as casts.
    /// </summary>
    public static bool Is(Exception e) => e is BadImageFormatException or IOException or UnauthorizedAccessException
        or InvalidDataException or ArgumentException or InvalidOperationException or NotSupportedException
        or OverflowException or IndexOutOfRangeException or InvalidCastException;
}
