using System.Text.Json;
using Stackflare.Analysis;
using Stackflare.Redacting;
using Stackflare.Tests.Writers;
using Stackflare.Views;
using static Stackflare.Tests.Writers.Build;

namespace Stackflare.Tests.Redacting;

public sealed class RedactionTests
{
    private static readonly Redaction Key = new("a key for the golden files"u8);

    /// <summary>Words of the sample dumps that are not the framework's.</summary>
    private static readonly string[] Secrets =
        ["MyApp", "OrderService", "Contoso", "/src/", "/app/", "Program.cs", "Orders", "Charge", "uploader", "reports", "worker-", "Visit", "await LoadAsync", "lock (", "db.internal", "10.0.0.", "/run/"];

    public static TheoryData<string> Names => [.. SampleDumps.Names.Where(static n => n is not "folding")];

    [Theory, MemberData(nameof(Names))]
    public void NoNameOfASampleIsLeft(string name)
    {
        ThreadDump dump = SampleDumps.Get(name);
        foreach (DumpFormat format in Enum.GetValues<DumpFormat>())
        {
            string text = Render.With(dump, format, Render.All with { Redaction = Key });
            Assert.All(Secrets, secret => Assert.DoesNotContain(secret, format is DumpFormat.Html ? text[..text.IndexOf("<script", StringComparison.Ordinal)] : text, StringComparison.Ordinal));
        }
    }

    [Theory, InlineData("deadlock"), InlineData("hung-server"), InlineData("async-requests"), InlineData("no-answer")]
    public void Text(string name) => Golden.Verify(Render.Text(SampleDumps.Get(name), new RenderOptions { Redaction = Key }), $"redacted-{name}.text");

    [Fact]
    public void JsonSaysSoAndFollowsTheSchema()
    {
        JsonElement json = JsonDocument.Parse(Render.Json(SampleDumps.Get("deadlock"), new RenderOptions { Redaction = Key })).RootElement;
        Assert.True(json.GetProperty("redacted").GetBoolean());
        JsonElement schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.RepositoryRoot, "docs", "schema", "thread-dump-v1.schema.json"))).RootElement;
        Assert.Empty(SchemaCheck.Of(json, schema));
    }

    [Theory, MemberData(nameof(Names))]
    public void TheAnalysisFindsTheSame(string name)
    {
        ThreadDump dump = DumpAnalyzer.Analyze(SampleDumps.Get(name)), redacted = dump.Redact(Key);
        Assert.Equal(dump.Findings.Select(static f => (f.Kind, f.Count, f.Threads.Count, f.Locks.Count, f.Frames.Count)), redacted.Findings.Select(static f => (f.Kind, f.Count, f.Threads.Count, f.Locks.Count, f.Frames.Count)));
        Assert.Equal(dump.Findings.Select(static f => f.Evidence.Count), redacted.Findings.Select(static f => f.Evidence.Count));
    }

    [Fact]
    public void ASelectionOfThreadsKeepsTheFindingsOfAll()
    {
        ThreadDump dump = DumpAnalyzer.Analyze(SampleDumps.Get("deadlock"));
        ThreadDump one = ThreadFilter.Apply(dump, ["1"]).Redact(Key);
        Assert.Single(one.Threads);
        Assert.Equal(dump.Redact(Key).Findings.Select(static f => f.ToString()), one.Findings.Select(static f => f.ToString()));
        Assert.Contains(FormattableString.Invariant($"Only selected threads: 1 of {dump.Threads.Count}."), one.Notes);
        Assert.DoesNotContain(one.Notes, static n => n.Contains('\'', StringComparison.Ordinal));
    }

    [Fact]
    public void EqualNamesHaveEqualReplacementsByTheKeyOnly()
    {
        ThreadDump dump = SampleDumps.Get("hung-server");
        Assert.Equal(Render.Json(dump.Redact(Key)), Render.Json(SampleDumps.Get("hung-server").Redact(new Redaction("a key for the golden files"u8))));
        Assert.NotEqual(Key.Replace(NameKind.Code, "MyApp"), new Redaction("another key of this test"u8).Replace(NameKind.Code, "MyApp"));
        Assert.NotEqual(new Redaction().Replace(NameKind.Code, "MyApp"), new Redaction().Replace(NameKind.Code, "MyApp"));
        Assert.Throws<ArgumentException>(static () => new Redaction("short"u8));
        // By another implementation: the first 40 bits of HMAC-SHA256, five at a time from the lowest.
        byte[] hash = System.Security.Cryptography.HMACSHA256.HashData("a key for the golden files"u8, "\u0001MyApp"u8);
        ulong bits = BitConverter.ToUInt64(hash);
        Assert.Equal("_" + string.Concat(Enumerable.Range(0, 8).Select(i => "abcdefghijkmnpqrstuvwxyz23456789"[(int)((bits >> (5 * i)) & 31)])), Key.Replace(NameKind.Code, "MyApp"));
        // Who may choose the path of a request cannot guess a name by it.
        Assert.Equal(Enum.GetValues<NameKind>().Length, Enum.GetValues<NameKind>().Select(static k => Key.Replace(k, "MyApp")).Distinct().Count());
    }

    [Fact]
    public void ARedactedDumpIsNotRedactedAgain()
    {
        ThreadDump redacted = SampleDumps.Get("ordinary").Redact(Key);
        Assert.Same(redacted, redacted.Redact(new Redaction()));
    }

    [Theory]
    [InlineData("MyApp.Orders", "{MyApp}.{MyApp.Orders}")]
    [InlineData("System.String", "System.String")]
    [InlineData("SystemX.String", "{SystemX}.String")]
    [InlineData("System.Collections.Generic.List`1<MyApp.Order>", "System.Collections.Generic.List`1<{MyApp}.{MyApp.Order}>")]
    [InlineData("System.Collections.Generic.Dictionary<System.String, MyApp.Order[]>.Enumerator", "System.Collections.Generic.Dictionary<System.String, {MyApp}.{MyApp.Order}[]>.Enumerator")]
    [InlineData("MyApp.Box`1[System.Int32].Inner", "{MyApp}.{MyApp.Box}`1[System.Int32].{.Inner}")]
    [InlineData("Run.lambda", "{Run}.lambda")]
    [InlineData("Count.get", "{Count}.get")]
    [InlineData(".ctor", ".ctor")]
    [InlineData("operator +", "operator +")]
    [InlineData("implicit operator", "implicit operator")]
    // Names that the compiler made and nothing else has translated.
    [InlineData("<SecretAsync>d__12", "<{SecretAsync}>{d__12}")]
    [InlineData("<>c__DisplayClass0_0", "<>{c__DisplayClass0_0}")]
    [InlineData("<Secret>g__Local|3_0", "<{Secret}>{g__Local|3_0}")]
    [InlineData("secret@12-1", "{secret@12-1}")]
    [InlineData("System.Action<Secret>", "System.Action<{Secret}>")]
    [InlineData("Geheim123", "{Geheim123}")]
    [InlineData("123", "{123}")]
    [InlineData("\U00010330", "{\U00010330}")]
    [InlineData("Ünï.Cöde", "{Ünï}.{Ünï.Cöde}")]
    [InlineData("async method MyApp.Orders.LoadAsync", "async method {MyApp}.{MyApp.Orders}.{MyApp.Orders.LoadAsync}")]
    public void PartsOfCodeAreReplaced(string code, string expected) =>
        Assert.Equal(System.Text.RegularExpressions.Regex.Replace(expected, @"\{([^}]*)\}", static m => Key.Replace(NameKind.Code, m.Groups[1].Value)), new RedactedNames(Key, []).Code(code));

    [Theory]
    [InlineData("Int32 count, Order order, List`1<Order> orders", "Int32, {Order}, List`1<{Order}>")]
    [InlineData("String[] args", "String[]")]
    [InlineData("Order&", "{Order}&")]
    [InlineData("", "")]
    public void ParametersLoseTheirNames(string parameters, string expected) =>
        Assert.Equal(expected.Replace("{Order}", Key.Replace(NameKind.Code, "Order"), StringComparison.Ordinal), new RedactedNames(Key, []).Parameters(parameters));

    [Fact]
    public void ANamespaceOfTheProgramIsReplacedEvenIfItBeginsLikeTheFramework()
    {
        DumpFrame own = Frame("Run", 3, null, type: "Microsoft.Secret.Jobs"), extension = Frame("AddJobs", 4, null, type: "Microsoft.Extensions.DependencyInjection.JobExtensions");
        var names = new RedactedNames(Key, [own, extension, Platform("Microsoft.Extensions.DependencyInjection.ServiceProvider", "Get")]);
        Assert.DoesNotContain("Secret", names.Code("Microsoft.Secret.Jobs"), StringComparison.Ordinal);
        Assert.DoesNotContain("Other", names.Code("Microsoft.Secret.Other"), StringComparison.Ordinal);
        Assert.DoesNotContain("JobExtensions", names.Code("Microsoft.Extensions.DependencyInjection.JobExtensions"), StringComparison.Ordinal);
        Assert.Equal("Microsoft.Extensions.DependencyInjection.ServiceCollection", names.Code("Microsoft.Extensions.DependencyInjection.ServiceCollection"));
    }

    /// <summary>The framework's namespaces are below "System" as well.</summary>
    [Fact]
    public void ATypeOfTheProgramInSystemIsReplacedAlone()
    {
        var names = new RedactedNames(Key, [Frame("Run", 3, null, type: "System.Secret"), Platform("System.Threading.Monitor", "Enter")]);
        Assert.DoesNotContain("Secret", names.Code("System.Secret"), StringComparison.Ordinal);
        Assert.Equal("System.Net.Http.HttpClient", names.Code("System.Net.Http.HttpClient"));
        Assert.Equal("System.Int32", names.Code("System.Int32"));
    }

    /// <summary>A published library has words that the program has as well: who knows the library's names learns nothing of the program's.</summary>
    [Fact]
    public void AWordIsAnotherOneInAnotherPlace()
    {
        var names = new RedactedNames(Key, []);
        string[] words = ["MyApp.Client", "Other.Client", "Client"];
        Assert.Equal(3, words.Select(w => names.Code(w).Split('.')[^1]).Distinct().Count());
        Assert.NotEqual(names.Code("Run", type: "MyApp.Client"), names.Code("Run", type: "Other.Client"));
        Assert.Equal(names.Code("MyApp.Client.Run").Split('.')[^1], names.Code("Run", type: "MyApp.Client<System.Int32>"));
    }

    [Fact]
    public void AModuleWithANameOfTheFrameworkAndNoKeyIsTheProgrammers()
    {
        var module = new ModuleIdentity("System.Secret.dll", "/app/System.Secret.dll", Guid.NewGuid()) { IsSigned = false };
        string text = Render.Json(Dump(Thread(1, "t", ThreadActivity.Running, [Platform("System.Secret.Thing", "Act", "Secret s", module: module)])).Redact(Key));
        Assert.DoesNotContain("Secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain(module.Mvid.ToString()!, text, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatTheFrameworkIsAndWhereIsKept()
    {
        ThreadDump redacted = SampleDumps.Get("hung-server").Redact(Key);
        string text = Render.Text(redacted);
        Assert.Contains("at System.Threading.Monitor.Enter(Object obj)", text, StringComparison.Ordinal);
        Assert.Contains("\".NET TP Worker\" #6", text, StringComparison.Ordinal);
        Assert.Contains(".cs:line 88", text, StringComparison.Ordinal);
        Assert.Contains("Note: Redacted: ", text, StringComparison.Ordinal);
    }

    /// <summary>A wait for tasks that wait for tasks, deeper than a stack could be. Without stacks, so that there is no analysis: its input has limits.</summary>
    [Fact]
    public void DeepWaitsNeedNoStack()
    {
        AsyncStack stack = Stack(For(AsyncWaitKind.Delay), Async("M", 1, null));
        for (int i = 0; i < 100_000; i++)
            stack = Stack(For(AsyncWaitKind.WhenAll, total: 2, unfinished: [stack, stack]), Async("M", 1, null));
        ThreadDump redacted = (AsyncDump([], stack) with { HasStacks = false }).Redact(Key);
        int depth = 0;
        for (AsyncStack at = redacted.AsyncStacks[0]; at.WaitingFor.Unfinished is [var one, var other]; at = one, depth++)
            Assert.Same(one, other);
        Assert.Equal(100_000, depth);
    }
}
