using System.Globalization;
using System.Net;
using System.Text;
using Stackflare.Http;
using Stackflare.Interop;
using Stackflare.Model;

namespace Stackflare.Cli;

/// <summary>
/// Reads a dump that a program serves itself: from its listener (a Unix socket or a loopback port), or from an endpoint of its web server on this
/// machine. With system calls: a complete HTTP client would bring a pool of connections, TLS and proxies into the tool.
/// </summary>
internal sealed class HttpSource
{
    private const string Http = "http://", HttpOverUnix = "http+unix:", Unix = "unix:";
    private const int LargestHead = 64 << 10, LargestError = 4 << 10, Piece = 64 << 10;

    private readonly string _text, _target, _host;
    private readonly byte[] _address;

    private HttpSource(string text, byte[] address, string host, string target) => (_text, _address, _host, _target) = (text, address, host, target);

    /// <summary>Whether a word on the command line is the address of a program that serves dumps.</summary>
    public static bool IsAddress(string word) => word.StartsWith(Http, StringComparison.OrdinalIgnoreCase)
        || word.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
        || word.StartsWith(HttpOverUnix, StringComparison.OrdinalIgnoreCase)
        || word.StartsWith(Unix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address, which can have a query.</param>
    /// <param name="parameters">What is added to the query. An equal name in the address wins.</param>
    /// <exception cref="StackflareException">It is not one that the tool can use.</exception>
    public static HttpSource Parse(string text, IEnumerable<(string Name, string Value)> parameters)
    {
        string[] parts = text.Split('?', 2);
        string query = parts is [_, var own] ? own : "";
        foreach ((string name, string value) in parameters)
        {
            if (!query.Split('&').Any(p => p.StartsWith(name + "=", StringComparison.Ordinal)))
                query += $"{(query.Length > 0 ? "&" : "")}{name}={WebUtility.UrlEncode(value)}";
        }
        query = query.Length > 0 ? "?" + query : "";
        try
        {
            if (parts[0].StartsWith(HttpOverUnix, StringComparison.OrdinalIgnoreCase))
                return new HttpSource(text, ListenAddress.Parse(Unix + parts[0][HttpOverUnix.Length..]).Kernel, "localhost", "/" + query);
            if (parts[0].StartsWith(Unix, StringComparison.OrdinalIgnoreCase))
                return new HttpSource(text, ListenAddress.Parse(parts[0]).Kernel, "localhost", "/" + query);
            string rest = parts[0].StartsWith(Http, StringComparison.OrdinalIgnoreCase) ? parts[0][Http.Length..] : "";
            int slash = rest.IndexOf('/', StringComparison.Ordinal);
            string authority = slash < 0 ? rest : rest[..slash], path = slash < 0 ? "/" : rest[slash..];
            ListenAddress port = ListenAddress.Parse(Http + (ListenAddress.Split(authority).Port.Length > 0 ? authority : authority + ":80"));
            if (path.All(static c => c is > ' ' and <= '~'))
                return new HttpSource(text, port.Kernel, authority, path + query);
        }
        catch (StackflareException e) when (e.Error == StackflareError.ListenFailed)
        {
            // Its text is about a listener.
        }
        throw new ToolException(
            StackflareError.DiagnosticsUnreachable, $"'{EscapedText.Plain(text)}' is not an address on this machine.",
            "Use http://127.0.0.1:PORT/PATH or http+unix:/PATH/OF/SOCKET. For another machine, use 'ssh -L', 'kubectl port-forward' or 'curl'.");
    }

    /// <summary>Requests the dump.</summary>
    /// <param name="patience">How long the program may need until it answers, and for each part of the answer.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The body, part by part. The first part comes when the program has answered with a dump.</returns>
    /// <exception cref="StackflareException">There is no dump, or not all of it.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Get(TimeSpan patience, CancellationToken cancellation)
    {
        int descriptor = Open(Deadline.In(patience, cancellation), patience);
        try
        {
            byte[] buffer = new byte[LargestHead];
            int received = 0, end;
            while ((end = EndOfHead(buffer.AsSpan(0, received))) < 0)
            {
                int count = received < buffer.Length ? Receive(descriptor, buffer.AsSpan(received), patience, cancellation) : 0;
                if (count == 0)
                    throw NotHttp();
                received += count;
            }
            long? left = Check(descriptor, buffer.AsSpan(0, end), buffer.AsSpan(end, received - end), patience, cancellation);
            for (ReadOnlyMemory<byte> part = buffer.AsMemory(end, received - end); ; part = buffer.AsMemory(0, received))
            {
                left -= part.Length;
                if (part.Length > 0)
                    yield return part;
                if (left <= 0 || (received = Receive(descriptor, buffer.AsSpan(0, Piece), patience, cancellation)) == 0)
                    break;
            }
            if (left > 0)
                throw Failed(StackflareError.CaptureFailed, "closed the connection before the end of the dump", "Try again.");
        }
        finally
        {
            Posix.Close(descriptor);
        }
    }

    /// <summary>The length of the body; null if only the end of the connection tells it.</summary>
    /// <exception cref="StackflareException">The response is not a dump.</exception>
    private long? Check(int descriptor, ReadOnlySpan<byte> head, ReadOnlySpan<byte> begin, TimeSpan patience, CancellationToken cancellation)
    {
        string[] lines = Encoding.Latin1.GetString(head).Split('\n', StringSplitOptions.TrimEntries);
        if (lines[0].Split(' ', 3) is not [['H', 'T', 'T', 'P', '/', '1', '.', _], var digits, ..] || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int status))
            throw NotHttp();
        string? Header(string name) => lines.Select(static l => l.Split(':', 2, StringSplitOptions.TrimEntries))
            .FirstOrDefault(p => p.Length == 2 && p[0].Equals(name, StringComparison.OrdinalIgnoreCase))?[1];
        if (status == 200)
            return Header("Transfer-Encoding") is null ? LengthOf(Header("Content-Length")) : throw NotHttp();

        // The program's own sentence, if it is one.
        byte[] text = new byte[LargestError];
        int size = Math.Min(begin.Length, text.Length);
        begin[..size].CopyTo(text);
        long length = LengthOf(Header("Content-Length")) ?? text.Length;
        while (size < Math.Min(length, text.Length) && Receive(descriptor, text.AsSpan(size), patience, cancellation) is var count and > 0)
            size += count;
        string sentence = Header("Content-Type")?.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase) == true ? Encoding.UTF8.GetString(text, 0, size).Split('\n')[0].Trim() : "";
        string answer = $"answered with {status}{(sentence.Length > 0 ? ": " + sentence.TrimEnd('.') : "")}";
        throw status switch
        {
            401 or 403 => Failed(StackflareError.AccessDenied, answer, "Read its listener instead, as the user of the program or as root."),
            404 => Failed(StackflareError.DiagnosticsUnreachable, answer, "Name the path of the endpoint, as in http://127.0.0.1:5000/debug/stackflare."),
            429 => Failed(StackflareError.CaptureFailed, answer, $"Try again in {Header("Retry-After") ?? "a few"} s."),
            503 => Failed(StackflareError.CaptureFailed, answer, "Try again, or dump the process by its id."),
            _ => Failed(StackflareError.CaptureFailed, answer, "Check the address and the options."),
        };
    }

    private static long? LengthOf(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long length) ? length : null;

    private int Open(Deadline deadline, TimeSpan patience)
    {
        int descriptor = Posix.CreateSocket(_address);
        int error = descriptor < 0 ? -descriptor : -Posix.Connect(descriptor, _address);
        // The kernel refuses to wait for a full queue of a Unix socket.
        while (error is Posix.EINPROGRESS or Posix.EAGAIN && !deadline.Passed)
        {
            if (error == Posix.EAGAIN)
                _ = Posix.Poll([], Math.Min(10, deadline.RemainingMilliseconds));
            else if (Posix.PollWritable(descriptor, deadline.NextLookMilliseconds) > 0)
                error = Posix.SocketError(descriptor);
            if (error == Posix.EAGAIN)
                error = -Posix.Connect(descriptor, _address);
        }
        if (error == 0)
            error = Send(descriptor, deadline);
        if (error == 0)
            return descriptor;
        if (descriptor >= 0)
            Posix.Close(descriptor);
        throw error switch
        {
            Posix.EACCES or Posix.EPERM => Failed(StackflareError.AccessDenied, "can be used by another user only", "Run as that user, or as root."),
            Posix.EINPROGRESS or Posix.EAGAIN or Posix.ETIMEDOUT => Silent(patience),
            _ => Failed(
                StackflareError.DiagnosticsUnreachable, $"cannot be reached: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error)}",
                "Check the address, and whether the program runs."),
        };
    }

    private int Send(int descriptor, Deadline deadline)
    {
        // Version 1.0, so that the body is not in chunks.
        ReadOnlySpan<byte> request = Encoding.ASCII.GetBytes($"GET {_target} HTTP/1.0\r\nHost: {_host}\r\nAccept: */*\r\nUser-Agent: stackflare\r\n\r\n");
        while (!request.IsEmpty)
        {
            nint sent = Posix.Send(descriptor, request);
            if (sent == -Posix.EAGAIN && !deadline.Passed)
                _ = Posix.PollWritable(descriptor, deadline.NextLookMilliseconds);
            else if (sent == -Posix.EPIPE)
                return 0; // It was refused before it was read: the answer says why.
            else if (sent < 0)
                return (int)-sent;
            else
                request = request[(int)sent..];
        }
        return 0;
    }

    /// <summary>0 at the end.</summary>
    private int Receive(int descriptor, Span<byte> buffer, TimeSpan patience, CancellationToken cancellation)
    {
        var deadline = Deadline.In(patience, cancellation);
        while (true)
        {
            nint count = Posix.Read(descriptor, buffer);
            if (count >= 0)
                return (int)count;
            if (count != -Posix.EAGAIN)
                throw Failed(StackflareError.CaptureFailed, "has closed the connection", "Try again.");
            if (deadline.Passed)
                throw Silent(patience);
            Span<PollRequest> request = [new PollRequest { Descriptor = descriptor, Events = Posix.POLLIN }];
            _ = Posix.Poll(request, deadline.NextLookMilliseconds);
        }
    }

    private static int EndOfHead(ReadOnlySpan<byte> bytes) => bytes.IndexOf("\r\n\r\n"u8) is var at and >= 0 ? at + 4 : -1;

    private ToolException NotHttp() => Failed(StackflareError.DiagnosticsUnreachable, "does not answer as a server of thread dumps", "Check the address.");

    private ToolException Silent(TimeSpan patience) => Failed(
        StackflareError.Timeout, string.Create(CultureInfo.InvariantCulture, $"did not answer within {patience.TotalSeconds:0.#} s"),
        "A web server cannot answer while its thread pool is starved. Dump the process by its id, or let it have a listener. Or give it more time (--timeout).");

    private ToolException Failed(StackflareError error, string problem, string remedy) => new(error, $"'{EscapedText.Plain(_text)}' {problem}.", remedy);
}
