using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Packaging;

/// <summary>A service of somebody who has <c>Stackflare.AspNetCore</c> from its package.</summary>
[Collection(typeof(PackageCollection))]
public sealed class ServicePackageTests(Packages packages)
{
    private const string Program = """
        using Stackflare;

        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.AddStackflare(o => o.Listen = builder.Configuration["listen"]);
        builder.Services.AddHealthChecks().AddStackflare();
        WebApplication app = builder.Build();
        app.MapStackflare("/debug/stackflare").AllowAnonymous();
        app.MapHealthChecks("/health");
        app.MapGet("/wait", Work.WaitAsync);
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"{app.Urls.First()} is up."));
        app.Run();

        static class Work
        {
            private static readonly TaskCompletionSource Answer = new();

            public static async Task WaitAsync()
            {
                Console.WriteLine("Waiting.");
                await Answer.Task;
            }
        }

        """;

    private static readonly int WaitLine = Program[..Program.IndexOf("await", StringComparison.Ordinal)].Count(c => c == '\n') + 1;

    [Fact]
    public async Task ItsEndpointItsListenerAndItsHealthCheckAnswer()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        string folder = await packages.ProjectAsync("service", "Microsoft.NET.Sdk.Web", "Stackflare.AspNetCore", Program);
        await packages.DotnetAsync("service", "build", "-o", "out");
        string listen = $"unix:{folder}/s";
        await using WebServer server = await WebServer.StartAsync(Flavour.Plain, $"{folder}/out/service", "--listen", listen);
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        _ = client.GetAsync(new Uri(server.Address, "wait"), cancellation);
        await server.Output.WaitAsync(bytes => System.Text.Encoding.UTF8.GetString(bytes.Span).Contains("Waiting.", StringComparison.Ordinal) ? "" : null, "the request");

        string place = $"   at Work.WaitAsync() in {folder}/Program.cs:line {WaitLine}\n";
        // It says so a moment before it waits.
        var deadline = Deadline.In();
        string dump;
        do
            dump = await client.GetStringAsync(new Uri(server.Address, "debug/stackflare"), cancellation);
        while (!dump.Contains(place, StringComparison.Ordinal) && deadline.Left > TimeSpan.Zero);
        Assert.True(dump.Contains(place, StringComparison.Ordinal), dump);
        string served = await CutShort.UntilWholeAsync(async () => (await new Command(Tool.Path, listen).RunAsync()).Succeeded(), static text => text);
        Assert.True(served.Contains(place, StringComparison.Ordinal), served);
        Assert.Equal("Healthy", await client.GetStringAsync(new Uri(server.Address, "health"), cancellation));
    }
}
