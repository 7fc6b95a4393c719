using System.Globalization;
using System.Text;

namespace Stackflare.Http;

/// <summary>The bytes of a response. Large bodies are shared by the clients that get the same one. Immutable.</summary>
/// <param name="Head">The status line and the headers.</param>
/// <param name="Body">The body; empty for HEAD.</param>
internal sealed record HttpResponse(byte[] Head, byte[] Body)
{
    public const string PlainText = "text/plain; charset=utf-8";

    public static HttpResponse Of(HttpProblem problem, bool isHead = false)
    {
        byte[] body = Encoding.UTF8.GetBytes(problem.Sentence + "\n");
        return Create(problem.Status, PlainText, body.Length, problem.Header, isHead ? [] : body);
    }

    public static HttpResponse Of(string contentType, byte[] body) => Create(200, contentType, body.Length, null, body);

    /// <summary>The headers of a dump that is not taken.</summary>
    public static HttpResponse HeadOnly(string contentType) => Create(200, contentType, null, null, []);

    private static HttpResponse Create(int status, string contentType, int? length, string? header, byte[] body)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {Reason(status)}\r\nDate: {DateTime.UtcNow:R}\r\nContent-Type: {contentType}\r\n");
        if (length is not null)
            text.Append(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n");
        if (header is not null)
            text.Append(header).Append("\r\n");
        // Without "nosniff", a browser could take a dump with hostile names for a page.
        text.Append("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
        return new HttpResponse(Encoding.ASCII.GetBytes(text.ToString()), body);
    }

    private static string Reason(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    };
}
