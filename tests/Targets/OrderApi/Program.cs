using OrderApi;
using Stackflare;

// The smallest pool there can be, of which nothing is left when each of its threads blocks: a larger one needs more requests.
int workers = Environment.ProcessorCount + 1;
ThreadPool.SetMinThreads(workers, 1);
ThreadPool.SetMaxThreads(workers, workers);

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
Stops.Add(builder, builder.Configuration["stop"]);
builder.Services.AddSingleton<Prices>().AddSingleton<Orders>();
// With an address for the listener, the service has Stackflare; without it, it knows nothing of it.
string? listen = builder.Configuration["listen"];
if (listen is not null)
{
    builder.Services.AddStackflare(o =>
    {
        o.Listen = listen;
        o.WatchThreadPool = new ThreadPoolWatchOptions { Threshold = TimeSpan.FromMilliseconds(builder.Configuration.GetValue("threshold", 5000)) };
    });
}
WebApplication app = builder.Build();
if (listen is not null)
    app.MapStackflare().AllowAnonymous();
app.MapGet("/", () => "Open.\n");
app.MapGet("/order/{number}", (Orders orders, int number) => orders.Place(number));
app.MapGet("/wait", Stops.WaitAsync);
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"{app.Urls.First()} is up."));
app.Run();
