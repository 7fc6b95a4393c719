using System.Runtime.CompilerServices;
using Microsoft.Playwright;
using Stackflare.Writers;
using Stackflare.Writers.Profiles;

namespace Stackflare.Tests.Page;

/// <summary>Chromium, which all tests of the page share.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>In milliseconds.</summary>
    internal const int Patience = 120_000;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public static string? Path { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').SelectMany(f => new[] { $"{f}/chromium", $"{f}/chromium-browser", $"{f}/google-chrome" }).FirstOrDefault(File.Exists);

    public async ValueTask InitializeAsync()
    {
        if (Path is null)
            return;
        // On a busy machine, drawing a large view takes longer than the usual five seconds.
        Assertions.SetDefaultExpectTimeout(Patience);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Path, Args = ["--no-sandbox", "--disable-gpu"], Timeout = Patience });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    internal Task<OpenPage> OpenAsync(ThreadDump dump, BrowserNewContextOptions? options = null, RenderOptions? render = null)
    {
        using var bytes = new PooledBytes();
        DumpRenderer.Write(dump, DumpFormat.Html, render ?? RenderOptions.Default, bytes);
        return OpenAsync(bytes, options);
    }

    internal Task<OpenPage> OpenAsync(StackSamples samples)
    {
        using var bytes = new PooledBytes();
        DumpRenderer.Write(samples, DumpFormat.Html, bytes);
        return OpenAsync(bytes, null);
    }

    private async Task<OpenPage> OpenAsync(PooledBytes bytes, BrowserNewContextOptions? options)
    {
        string file = System.IO.Path.Combine(Directory.CreateTempSubdirectory("page").FullName, "page.html");
        await File.WriteAllBytesAsync(file, bytes.Written.ToArray());
        return await OpenPage.OpenAsync(_browser!, file, options);
    }
}

/// <summary>A test that opens a page in a browser; it is skipped where there is no chromium.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresChromiumFactAttribute : FactAttribute
{
    public RequiresChromiumFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Browser.Path is null ? "There is no chromium." : null;
}

/// <inheritdoc cref="RequiresChromiumFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresChromiumTheoryAttribute : TheoryAttribute
{
    public RequiresChromiumTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Browser.Path is null ? "There is no chromium." : null;
}
