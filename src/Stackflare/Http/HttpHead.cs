using System.Buffers;
using System.Text;

namespace Stackflare.Http;

/// <summary>
/// The head of a request: the part of HTTP/1.1 that a request for a dump needs. What is not certain is refused: nothing is repaired, folded or skipped.
/// </summary>
internal sealed class HttpHead
{
    /// <summary>The maximum length of the request line with all headers.</summary>
    public const int LargestHead = 8 << 10;

    private static readonly SearchValues<char> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private bool _needsHost;
    private string? _length;

    private HttpHead(string method, string target) => (Method, Target) = (method, target);

    public string Method { get; }

    /// <summary>The path and the query, as they were sent.</summary>
    public string Target { get; }

    public string Path => Target.Split('?', 2)[0];

    /// <summary>Without the question mark; empty if there is none.</summary>
    public string Query => Target.Split('?', 2) is [_, var query] ? query : "";

    public string? Host { get; private set; }

    public string? Origin { get; private set; }

    /// <summary>The header Sec-Fetch-Site, which browsers send; null if there is none.</summary>
    public string? FetchSite { get; private set; }

    /// <summary>Null if there is no such header.</summary>
    public string? Accept { get; private set; }

    public bool HasBody { get; private set; }

    /// <summary>Parses the bytes that have arrived.</summary>
    /// <returns>The head; null if there is a problem, or if more bytes are needed.</returns>
    public static HttpHead? Parse(ReadOnlySpan<byte> bytes, out HttpProblem? problem)
    {
        problem = null;
        // Empty lines before a request are allowed.
        while (bytes is [(byte)'\r' or (byte)'\n', ..])
            bytes = bytes[1..];
        int end = EndOf(bytes);
        if (Unprintable(end < 0 ? bytes : bytes[..end]))
        {
            problem = HttpProblem.Bad("The request is not HTTP.");
        }
        else if (end > LargestHead || (end < 0 && bytes.Length >= LargestHead))
        {
            problem = bytes[..LargestHead].Contains((byte)'\n')
                ? new HttpProblem(431, $"The request has more than {LargestHead:N0} bytes.")
                : new HttpProblem(414, $"The request line has more than {LargestHead:N0} bytes.");
        }
        if (end < 0 || problem is not null)
            return null;
        string[] lines = Encoding.Latin1.GetString(bytes[..end]).Split('\n');
        return ParseLine(lines[0].TrimEnd('\r'), out problem) is { } head && head.ParseHeaders(lines.AsSpan(1), out problem) ? head : null;
    }

    /// <summary>The length of the head without the empty line at its end; -1 if that has not arrived.</summary>
    private static int EndOf(ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; bytes[at..].IndexOf((byte)'\n') is var line and >= 0;)
        {
            at += line + 1;
            if (bytes[at..] is [(byte)'\n', ..] or [(byte)'\r', (byte)'\n', ..])
                return at - 1;
        }
        return -1;
    }

    /// <summary>Whether there are bytes that no head contains. A client that speaks another protocol learns it at once.</summary>
    private static bool Unprintable(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bool isEndOfLine = bytes[i] == '\n' || (bytes[i] == '\r' && (i + 1 == bytes.Length || bytes[i + 1] == '\n'));
            if ((bytes[i] < ' ' && bytes[i] != '\t' && !isEndOfLine) || bytes[i] == 0x7f)
                return true;
        }
        return false;
    }

    private static HttpHead? ParseLine(string line, out HttpProblem? problem)
    {
        problem = null;
        if (line.Split(' ') is not [var method, var target, var version] || !IsToken(method) || target.Length == 0 || !version.StartsWith("HTTP/", StringComparison.Ordinal))
            problem = HttpProblem.Bad("The first line of the request is not 'GET path HTTP/1.1'.");
        else if (version is not ("HTTP/1.1" or "HTTP/1.0"))
            problem = new HttpProblem(505, "Only HTTP/1.1 and HTTP/1.0 are served.");
        else if (OriginForm(target) is not { } path)
            problem = HttpProblem.Bad("The target of the request is not a path.");
        else
            return new HttpHead(method, path) { _needsHost = version == "HTTP/1.1" };
        return null;
    }

    /// <summary>A client that takes this for a proxy sends the whole URL.</summary>
    private static string? OriginForm(string target)
    {
        const string Scheme = "http://";
        if (target[0] == '/')
            return target;
        if (!target.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        int path = target.AsSpan(Scheme.Length).IndexOfAny('/', '?');
        string rest = path < 0 ? "/" : target[(Scheme.Length + path)..];
        return rest[0] == '?' ? "/" + rest : rest;
    }

    private bool ParseHeaders(ReadOnlySpan<string> lines, out HttpProblem? problem)
    {
        problem = null;
        foreach (string line in lines)
        {
            string[] parts = line.TrimEnd('\r').Split(':', 2);
            if (parts is not [var name, var value] || !IsToken(name) || !Add(name, value.Trim(' ', '\t')))
            {
                problem = HttpProblem.Bad("A header of the request is not valid.");
                return false;
            }
        }
        if (_needsHost && Host is null)
            problem = HttpProblem.Bad("The request has no Host header.");
        return problem is null;
    }

    /// <returns>False if the value is not valid, or the header must not be there twice.</returns>
    private bool Add(string name, string value)
    {
        switch (name.ToUpperInvariant())
        {
            case "HOST":
                bool isFirst = Host is null;
                Host = value;
                return isFirst;
            case "ORIGIN":
                // Two of them are never the same site.
                Origin = Origin is null ? value : Origin + " " + value;
                return true;
            case "SEC-FETCH-SITE":
                FetchSite = value;
                return true;
            case "ACCEPT":
                Accept = Accept is null ? value : Accept + "," + value;
                return true;
            case "CONTENT-LENGTH":
                HasBody |= value.AsSpan().ContainsAnyExcept('0');
                bool isSame = _length is null || _length == value;
                _length = value;
                return isSame && value.Length > 0 && !value.AsSpan().ContainsAnyExceptInRange('0', '9');
            case "TRANSFER-ENCODING":
                HasBody = true;
                return true;
            default:
                return true;
        }
    }

    private static bool IsToken(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(Token);
}
