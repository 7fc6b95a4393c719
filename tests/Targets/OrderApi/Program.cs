using OrderApi;

// The smallest pool there can be, of which nothing is left when each of its threads blocks: a larger one needs more requests.
int workers = Environment.ProcessorCount + 1;
ThreadPool.SetMinThreads(workers, 1);
ThreadPool.SetMaxThreads(workers, workers);

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
Stops.Add(builder, builder.Configuration["stop"]);
builder.Services.AddSingleton<Prices>().AddSingleton<Orders>();
WebApplication app = builder.Build();
app.MapGet("/order/{number}", (Orders orders, int number) => orders.Place(number));
app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"{app.Urls.First()} is up."));
app.Run();
