using System.Text;
using Stackflare.Http;

namespace Stackflare.Tests.Http;

/// <summary>The head of a request, whole, in pieces, and as anything else.</summary>
public sealed class HttpHeadTests
{
    private const string Ordinary = "GET /?format=json HTTP/1.1\r\nHost: localhost:9123\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\nX:\t y \r\n\r\n";

    [Fact]
    public void AnOrdinaryRequestIsRead()
    {
        HttpHead head = Parse(Ordinary);
        Assert.Equal(("GET", "/", "format=json", "localhost:9123", "*/*"), (head.Method, head.Path, head.Query, head.Host, head.Accept));
        Assert.Equal((null, null, false), (head.Origin, head.FetchSite, head.HasBody));
    }

    [Fact]
    public void EachBeginningNeedsMore()
    {
        for (int length = 0; length < Ordinary.Length; length++)
        {
            Assert.Null(HttpHead.Parse(Encoding.Latin1.GetBytes(Ordinary[..length]), out HttpProblem? problem));
            Assert.Null(problem);
        }
    }

    [Theory]
    [InlineData("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "/")]
    [InlineData("GET / HTTP/1.0\n\n", "/")]
    [InlineData("GET /a?b?c HTTP/1.0\r\n\r\nmore that is not read \u0001", "/a?b?c")]
    [InlineData("GET http://127.0.0.1:9123/x?y HTTP/1.1\r\nHost: a\r\n\r\n", "/x?y")]
    [InlineData("GET http://127.0.0.1 HTTP/1.1\r\nHost: a\r\n\r\n", "/")]
    [InlineData("GET HTTP://127.0.0.1?y HTTP/1.1\r\nHost: a\r\n\r\n", "/?y")]
    public void OtherFormsAreRead(string text, string target) => Assert.Equal(target, Parse(text).Target);

    [Fact]
    public void HeadersThatMatterAreRead()
    {
        HttpHead head = Parse("DELETE / HTTP/1.1\r\nhOST:a\r\norigin: http://x\r\nSec-Fetch-Site: cross-site\r\nAccept: a\r\nACCEPT: b\r\nContent-Length: 5\r\n\r\n");
        Assert.Equal(("DELETE", "a", "http://x", "cross-site", "a,b", true), (head.Method, head.Host, head.Origin, head.FetchSite, head.Accept, head.HasBody));
        Assert.True(Parse("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").HasBody);
        Assert.False(Parse("GET / HTTP/1.0\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n").HasBody);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)] // no host
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\n folded: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\nname : a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\nname\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\n: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\na: b\rc: d\r\n\r\n", 400)]
    [InlineData("GET /\0 HTTP/1.0\r\n\r\n", 400)]
    [InlineData("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /\r\n\r\n", 400)]
    [InlineData("G\u00e4T / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTPS\r\n\r\n", 400)]
    [InlineData("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)]
    [InlineData("GET / HTTP/1.2\r\n\r\n", 505)]
    [InlineData("\u0016\u0003\u0001\u0002", 400)] // TLS
    public void WhatIsNotARequestIsRefused(string text, int status)
    {
        Assert.Null(HttpHead.Parse(Encoding.Latin1.GetBytes(text), out HttpProblem? problem));
        Assert.Equal(status, problem!.Status);
    }

    [Theory]
    [InlineData("GET /", 414)]
    [InlineData("GET / HTTP/1.1\r\nHost: ", 431)]
    public void ALongHeadIsRefusedWhenItIsTooLong(string begin, int status)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(begin.PadRight(HttpHead.LargestHead, 'a'));
        Assert.Null(HttpHead.Parse(bytes.AsSpan(0, bytes.Length - 1), out HttpProblem? problem));
        Assert.Null(problem);
        Assert.Null(HttpHead.Parse(bytes, out problem));
        Assert.Equal(status, problem!.Status);
        Assert.Null(HttpHead.Parse([.. bytes, .. "\r\n\r\n"u8], out problem));
        Assert.Equal(status, problem!.Status);
    }

    /// <summary>Any bytes are a head, a problem or a beginning; and what comes later does not change a head or a problem.</summary>
    [Fact]
    public void AnyBytesAreDecidedOnce()
    {
        var random = new Random(7);
        string[] pieces = ["GET", " ", "/", "HTTP/1.1", "HTTP/1.0", "\r\n", "\n", "\r", "Host", ":", "a", "?", "Content-Length", "1", "\0", "\u00ff", "\t", "http://"];
        int[] outcomes = new int[3];
        for (int i = 0; i < 20_000; i++)
        {
            string begin = random.Next(2) == 0 ? "" : "GET / HTTP/1.0\r\n";
            byte[] bytes = random.Next(10) == 0 ? new byte[random.Next(50)] : Encoding.Latin1.GetBytes(begin + string.Concat(random.GetItems(pieces, random.Next(14))));
            if (random.Next(10) == 0)
                random.NextBytes(bytes);
            HttpHead? head = HttpHead.Parse(bytes, out HttpProblem? problem);
            Assert.False(head is not null && problem is not null);
            outcomes[head is not null ? 0 : problem is not null ? 1 : 2]++;
            HttpHead? later = HttpHead.Parse([.. bytes, .. "x\r\n\r\n"u8], out HttpProblem? laterProblem);
            Assert.True(problem is null || laterProblem is not null);
            if (head is not null)
                Assert.Equal((head.Method, head.Target, head.Host), (later!.Method, later.Target, later.Host));
        }
        Assert.All(outcomes, count => Assert.True(count > 0));
    }

    private static HttpHead Parse(string text)
    {
        HttpHead? head = HttpHead.Parse(Encoding.Latin1.GetBytes(text), out HttpProblem? problem);
        Assert.Null(problem);
        return head!;
    }
}
