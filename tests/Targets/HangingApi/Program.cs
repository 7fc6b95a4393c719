using HangingApi;

// Requests come from the program itself, so that it knows how many there are of each.
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();
builder.Services.AddSingleton<Truth>().AddSingleton<Backend>().AddSingleton<Checkout>().AddSingleton<Reports>();
WebApplication app = builder.Build();
app.MapGet("/backend", Backend.NeverAnswerAsync);
app.MapGet("/price/{number}", async (Backend backend, Truth truth, int number) => await truth.Note(await backend.AskAsync(number, app.Urls.First()), "Program.<Main>$.lambda"));
app.MapGet("/pay/{number}", (Checkout checkout, int number) => checkout.PayAsync(number));
app.MapGet("/report/{number}", (Reports reports, int number) => reports.FetchAsync(number));
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"{app.Urls.First()} is up."));
app.Run();
