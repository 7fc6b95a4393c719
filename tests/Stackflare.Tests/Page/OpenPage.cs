using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Stackflare.Tests.Page;

/// <summary>An open page. At the end, it must have had no error and made no request.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly string _file;
    private readonly ConcurrentQueue<string> _problems = [];

    private OpenPage(IBrowserContext context, IPage page, string file) => (_context, Page, _file) = (context, page, file);

    public IPage Page { get; }

    /// <summary>The number of what is shown, as the page says it: "7 threads and 5 async stacks".</summary>
    public ILocator Shown => Page.Locator(".filters .note").First;

    public ILocator Panel => Page.Locator("#panel");

    public static async Task<OpenPage> OpenAsync(IBrowser browser, string file, BrowserNewContextOptions? options)
    {
        IBrowserContext context = await browser.NewContextAsync(options ?? new() { ViewportSize = new() { Width = 1280, Height = 1000 } });
        context.SetDefaultTimeout(Browser.Patience);
        await context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        IPage page = await context.NewPageAsync();
        var open = new OpenPage(context, page, file);
        string address = $"file://{file}";
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                open._problems.Enqueue($"{message.Type}: {message.Text}");
        };
        page.PageError += (_, error) => open._problems.Enqueue(error);
        page.Dialog += (_, dialog) => open._problems.Enqueue($"dialog: {dialog.Message}");
        page.Request += (_, request) =>
        {
            if (request.Url != address)
                open._problems.Enqueue($"request: {request.Url}");
        };
        await page.GotoAsync(address);
        return open;
    }

    public async Task GoToAsync(string view)
    {
        await Page.GetByRole(AriaRole.Tab, new() { Name = view, Exact = true }).ClickAsync();
        await Assertions.Expect(Page.GetByRole(AriaRole.Tab, new() { Name = view, Exact = true })).ToHaveAttributeAsync("aria-selected", "true");
    }

    public async Task SearchAsync(string text, string shown)
    {
        await Page.GetByRole(AriaRole.Searchbox).FillAsync(text);
        await Assertions.Expect(Shown).ToHaveTextAsync(shown);
    }

    /// <summary>Milliseconds from the beginning of the navigation until the page was ready.</summary>
    public Task<double> ReadyAfterAsync() => Page.EvaluateAsync<double>("() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd");

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);
        Assert.Empty(_problems);
    }
}
