using HangingApi;
using Microsoft.AspNetCore.Server.Kestrel.Core;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();
if (args.Contains("http2"))
    builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
if (args.Contains("factory"))
    builder.Services.AddSingleton<IHttpContextFactory>(services => new PlainFactory(new DefaultHttpContextFactory(services)));
builder.Services.AddSingleton<Hanging>().AddSingleton<SilentBackend>().AddSingleton<Prices>().AddSingleton<Checkout>().AddSingleton<Reports>().AddSingleton<Audits>();
WebApplication app = builder.Build();
app.MapGet("/price/{number}", (Prices prices, int number) => prices.FindAsync(number));
app.MapGet("/pay/{number}", (Checkout checkout, int number) => checkout.PayAsync(number));
app.MapGet("/report/{number}", (Reports reports, int number) => reports.FetchAsync(number));
app.MapGet("/audited/{number}", (Audits audits, HttpContext context, int number) => audits.PayAsync(context, number));
app.MapGet("/leave", (Audits audits, HttpContext context) => audits.Leave(context));
app.MapGet("/backend", (SilentBackend backend) => backend.Address.Authority);
app.MapGet("/truth", (Hanging hanging) => hanging.Text);
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"{app.Urls.First()} is up."));
app.Run();
