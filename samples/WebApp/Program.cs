using Stackflare;
using WebApp.Reports;

using IDisposable trap = Flare.OnSignal();

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Configuration["urls"] ??= "http://127.0.0.1:5080";
builder.Services.AddSingleton<ReportDatabase>();
builder.Services.AddSingleton<ReportService>();
WebApplication app = builder.Build();

app.MapGet("/", () => "Try /slow?seconds=30 or /slow-async?seconds=30, and send the signal meanwhile.\n");
app.MapGet("/slow", (ReportService reports, double seconds = 30) => reports.BuildMonthly(TimeSpan.FromSeconds(seconds)));
app.MapGet("/slow-async", (ReportService reports, double seconds = 30) => reports.BuildMonthlyAsync(TimeSpan.FromSeconds(seconds)));

// The id of this process, not of `dotnet run` or `dotnet watch`, which started it: SIGUSR1 would end those.
app.Lifetime.ApplicationStarted.Register(() =>
    Console.WriteLine($"{string.Join(' ', app.Urls)} is up. Where are its threads?  kill -USR1 {Environment.ProcessId}"));
app.Run();
