using System.Text.Json;
using Stackflare.Http;
using Stackflare.Tests.Writers;
using Stackflare.Writers;

namespace Stackflare.Tests.Http;

/// <summary>What a query and an Accept header ask for, and what is wrong with them.</summary>
public sealed class DumpRequestTests
{
    private static readonly int[] Statuses = [400, 403, 404, 405, 406, 408, 413, 414, 429, 431, 503, 505];
    private static readonly DumpRequest Usual = DumpRequest.Usual(DumpFormat.Text, CaptureOptions.Default, RenderOptions.Default);

    [Fact]
    public void NothingAsksForTheUsual()
    {
        Assert.Equal(Usual, Parse(""));
        Assert.Equal(Usual, Parse("?"));
        Assert.Equal(Usual, Parse("", "*/*"));
    }

    [Fact]
    public void EachFormatOfTheTableCanBeNamed()
    {
        foreach (FormatRow row in DumpFormats.All)
        {
            Assert.Equal(row.Format, Parse($"format={row.Name}").Format);
            // The query wins: a browser accepts pages and everything else.
            Assert.Equal(row.Format, Parse($"format={row.Name}", "text/html").Format);
            Assert.Contains(row.Name, Problem("format=x").Sentence, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void EachParameterChangesWhatItNames()
    {
        DumpRequest request = Parse("?format=json&async=always&threads=worker,%20%235&threads=Main+thread&count=3&interval=2.5&all=1&redact=1");
        Assert.Equal(Usual with
        {
            Format = DumpFormat.Json,
            Capture = new CaptureOptions { AsyncStacks = AsyncStackMode.Always },
            Render = new RenderOptions { ShowHidden = true, Redaction = Redaction.OfThisProcess },
            Threads = "worker,#5,Main thread",
            Count = 3,
            Interval = TimeSpan.FromSeconds(2.5),
        }, request);
    }

    /// <summary>A program that hides its names does not tell by the number of selected threads whether a name was guessed. Who may see names selects by them.</summary>
    [Theory]
    [InlineData(true, "", 0)]
    [InlineData(true, "&redact=1", 0)]
    [InlineData(false, "&redact=1", 1)]
    [InlineData(false, "", 1)]
    public void HiddenNamesSelectNoThread(bool isHidden, string query, int expected)
    {
        DumpRequest usual = isHidden ? DumpRequest.Usual(DumpFormat.Json, CaptureOptions.Default, new RenderOptions { Redaction = new Redaction() }) : Usual;
        DumpRequest? request = DumpRequest.Parse(usual, "format=json&threads=upl" + query, null, out _);
        using var document = new DumpDocument(request!);
        document.Add(Build.Dump(Build.Thread(1, "uploader", ThreadActivity.Running, [Build.Frame("Run", 3, null)]), Build.Thread(2, "other", ThreadActivity.Running, [])));
        using var json = JsonDocument.Parse(document.End());
        Assert.Equal(expected, json.RootElement.GetProperty("threads").GetArrayLength());
    }

    /// <summary>A dense series would pause the program for a large part of the time.</summary>
    [Theory]
    [InlineData("count=3&interval=0.5", AsyncStackMode.Never)]
    [InlineData("count=3&interval=0.5&async=auto", AsyncStackMode.Auto)]
    [InlineData("count=3", AsyncStackMode.Auto)]
    [InlineData("interval=0.5", AsyncStackMode.Auto)]
    public void ADenseSeriesReadsNoHeap(string query, AsyncStackMode expected) => Assert.Equal(expected, Parse(query).Capture.AsyncStacks);

    [Theory]
    [InlineData("format=xml", "format")]
    [InlineData("format=", "format")]
    [InlineData("format=1", "format")]
    [InlineData("async=yes", "async")]
    [InlineData("async", "async")]
    [InlineData("threads=", "threads")]
    [InlineData("threads=,%20,", "threads")]
    [InlineData("count=0", "count")]
    [InlineData("count=11", "count")]
    [InlineData("count=-1", "count")]
    [InlineData("count=99999999999999999999", "count")]
    [InlineData("interval=0", "interval")]
    [InlineData("interval=31", "interval")]
    [InlineData("interval=NaN", "interval")]
    [InlineData("interval=1e1", "interval")]
    [InlineData("interval=1,5", "interval")]
    [InlineData("all=yes", "all")]
    [InlineData("redact=0", "redact")]
    [InlineData("count=2&count=2", "count")]
    public void AProblemNamesTheParameterAndWhatIsAllowed(string query, string name)
    {
        HttpProblem problem = Problem(query);
        Assert.Equal(400, problem.Status);
        Assert.StartsWith($"The parameter {name} ", problem.Sentence, StringComparison.Ordinal);
        Assert.EndsWith(".", problem.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUnknownParameterIsNotPassedOver()
    {
        string sentence = Problem("Format=json").Sentence;
        Assert.StartsWith("'Format' is not a parameter. ", sentence, StringComparison.Ordinal);
        Assert.All(DumpRequest.Parameters, name => Assert.Contains(name, sentence, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("threads=%")]
    [InlineData("threads=%4")]
    [InlineData("threads=%zz")]
    [InlineData("threads=%ff")]
    [InlineData("threads=%C3%28")]
    [InlineData("threads=\u20ac")]
    public void BrokenEncodingIsRefused(string query) => Assert.Equal(400, Problem(query).Status);

    /// <summary>What is repeated in an answer is one line of harmless characters, however it was sent.</summary>
    [Fact]
    public void WhatIsRepeatedIsEscapedAndCut()
    {
        string sentence = Problem($"%0d%0a%1b[31m={new string('x', 2000)}").Sentence;
        Assert.DoesNotContain(sentence, char.IsControl);
        string value = Problem($"format={new string('x', 2000)}").Sentence;
        Assert.True(value.Length < 200, value);
    }

    [Theory]
    [InlineData("text/plain", DumpFormat.Text)]
    [InlineData("TEXT/Plain; charset=utf-8", DumpFormat.Text)]
    [InlineData("application/json", DumpFormat.Json)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", DumpFormat.Html)] // a browser
    [InlineData("application/json;q=0.5, text/*;q=0.6", DumpFormat.Text)]
    [InlineData("application/*, text/*;q=0.9", DumpFormat.Json)]
    [InlineData("text/plain;q=0, */*;q=0.1", DumpFormat.Json)]
    [InlineData("*/*", DumpFormat.Text)]
    [InlineData("application/vnd.spring-boot.actuator.v3+json, application/vnd.spring-boot.actuator.v2+json, application/json", DumpFormat.Actuator)]
    public void TheAcceptedMediaTypeChooses(string accept, DumpFormat expected) => Assert.Equal(expected, Parse("", accept).Format);

    [Theory]
    [InlineData("text/plain", DumpFormat.Folded)]
    [InlineData("*/*", DumpFormat.Folded)]
    [InlineData("application/json, text/plain", DumpFormat.Json)]
    public void TheUsualFormatIsPreferredAmongEquals(string accept, DumpFormat expected) =>
        Assert.Equal(expected, DumpRequest.Parse(Usual with { Format = DumpFormat.Folded }, "", accept, out _)!.Format);

    [Theory]
    [InlineData("image/png")]
    [InlineData("text/plain;q=0")]
    [InlineData("*/*;q=x")]
    [InlineData(";;,;,/")]
    public void WithoutAnAcceptableMediaTypeTheAvailableOnesAreNamed(string accept)
    {
        HttpProblem problem = Problem("", accept);
        Assert.Equal(406, problem.Status);
        Assert.All(DumpFormats.All, row => Assert.Contains(row.MediaType, problem.Sentence, StringComparison.Ordinal));
    }

    /// <summary>Each parameter and each status is in the docs.</summary>
    [Fact]
    public void TheDocsHaveEveryParameter()
    {
        string docs = File.ReadAllText(Path.Combine(Golden.RepositoryRoot, "docs", "hosting.md"));
        Assert.All(DumpRequest.Parameters, name => Assert.Matches($"[`&]{name}=", docs));
        Assert.All(Statuses, status => Assert.Contains($"{status}", docs, StringComparison.Ordinal));
    }

    [Fact]
    public void AnythingIsARequestOrAProblem()
    {
        var random = new Random(5);
        string[] pieces = ["format", "async", "threads", "count", "interval", "all", "=", "&", "%", "%41", "json", "auto", "1", "0.5", ",", "+", "?", "\0", "é", ";q=", "text/", "*", "/"];
        int good = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string query = string.Concat(random.GetItems(pieces, random.Next(12))), accept = string.Concat(random.GetItems(pieces, random.Next(6)));
            DumpRequest? request = DumpRequest.Parse(Usual, query, accept, out HttpProblem? problem);
            Assert.True(request is null != problem is null, query);
            good += request is null ? 0 : 1;
            if (request is not null)
                Assert.True(request.Count is >= 1 and <= 10 && request.Interval <= TimeSpan.FromSeconds(30));
        }
        Assert.InRange(good, 1, 19_999);
    }

    private static DumpRequest Parse(string query, string? accept = null)
    {
        DumpRequest? request = DumpRequest.Parse(Usual, query, accept, out HttpProblem? problem);
        Assert.Null(problem);
        return request!;
    }

    private static HttpProblem Problem(string query, string? accept = null)
    {
        Assert.Null(DumpRequest.Parse(Usual, query, accept, out HttpProblem? problem));
        return problem!;
    }
}
