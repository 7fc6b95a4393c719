using Microsoft.EntityFrameworkCore;
using Shop;

// Two services in one program: "prices" says what an article costs, "orders" takes orders and asks it. --fault breaks one of them; each fault is at the
// lines that have its name in a comment.
string role = args[0];
var faults = new Faults(Option("--fault"));
WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddSingleton(faults);
if (role == "prices")
{
    builder.Services.AddSingleton<PriceList>();
}
else
{
    string database = Path.Combine(Path.GetTempPath(), $"shop-{Environment.ProcessId}.db");
    builder.Services.AddDbContext<ShopContext>(o => o.UseSqlite($"Data Source={database}"));
    builder.Services.AddHttpClient<PriceClient>(c => (c.BaseAddress, c.Timeout) = (new Uri(Option("--prices")!), Timeout.InfiniteTimeSpan));
    builder.Services.AddSingleton<PriceCache>().AddSingleton<Inventory>().AddSingleton<PaymentGate>().AddSingleton<AuditTrail>();
    builder.Services.AddScoped<OrderService>();
    builder.Services.AddHostedService<AuditWriter>();
    builder.Services.AddSignalR();
}

WebApplication app = builder.Build();
if (role == "prices")
{
    app.MapGet("/price/{article}", (PriceList prices, int article) => prices.FindAsync(article));
}
else
{
    using (IServiceScope scope = app.Services.CreateScope())
        scope.ServiceProvider.GetRequiredService<ShopContext>().Create();
    app.MapHub<OrderHub>("/hub");
    app.MapGet("/order/{article}", (OrderService orders, int article, CancellationToken cancellation) => orders.PlaceAsync(article, cancellation));
    app.MapGet("/refund/{article}", (Inventory inventory, int article) => inventory.Refund(article));
    app.MapGet("/quote/{article}", (PriceClient prices, int article) => prices.Quote(article));
}

app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"{app.Urls.First()} is up."));
app.Run();

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at ? args[at + 1] : null;
