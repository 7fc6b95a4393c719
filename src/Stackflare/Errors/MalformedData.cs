namespace Stackflare.Errors;

/// <summary>Distinguishes exceptions caused by corrupt or hostile data from our own bugs.</summary>
internal static class MalformedData
{
    /// <summary>
    /// For exception filters. The list is long because the metadata reader throws different exceptions for malformed data:
    /// argument exceptions for handles out of range, overflows for sizes, cast exceptions for wrong handle kinds.
    /// </summary>
    public static bool Is(Exception e) => e is BadImageFormatException or IOException or UnauthorizedAccessException
        or InvalidDataException or ArgumentException or InvalidOperationException or NotSupportedException
        or OverflowException or IndexOutOfRangeException or InvalidCastException;
}
