using System.Text;

namespace Stackflare.Http;

/// <summary>The parameters of a query, in their order.</summary>
internal static class QueryString
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="query">Percent-encoded UTF-8; may begin with the question mark.</param>
    /// <returns>Null if it is not valid.</returns>
    public static IReadOnlyList<(string Name, string Value)>? Parse(string query)
    {
        var parameters = new List<(string Name, string Value)>();
        foreach (string part in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = part.Split('=', 2);
            if (Decode(sides[0]) is not { } name || Decode(sides is [_, var value] ? value : "") is not { } text)
                return null;
            parameters.Add((name, text));
        }
        return parameters;
    }

    private static string? Decode(string text)
    {
        var bytes = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                    return null;
                bytes[length++] = (byte)((HexValue(text[i + 1]) << 4) | HexValue(text[i + 2]));
                i += 2;
            }
            else if (c <= byte.MaxValue)
            {
                // Bytes that should be percent-encoded are taken as they are.
                bytes[length++] = c == '+' ? (byte)' ' : (byte)c;
            }
            else
            {
                return null;
            }
        }
        try
        {
            return Strict.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static int HexValue(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
