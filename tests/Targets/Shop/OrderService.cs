using Microsoft.AspNetCore.SignalR;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Shop;

/// <summary>Takes an order: everything that a request goes through.</summary>
internal sealed class OrderService(ShopContext database, PriceCache prices, Inventory inventory, PaymentGate gate, AuditTrail trail, IHubContext<OrderHub> hub, Faults faults)
{
    private static int _first;

    public async Task<string> PlaceAsync(int article, CancellationToken cancellation)
    {
        Article found = await database.Catalogue.AsNoTracking().SingleAsync(a => a.Id == (article % 100) + 1, cancellation);
        decimal price = await prices.GetAsync(article);
        inventory.Reserve(article);
        price -= inventory.Discount(price);
        await gate.PayAsync(price);
        int order = await SaveAsync(found, price);
        await trail.AddAsync($"{order}: {found.Name}");
        await NotifyAsync(order);
        return $"{order}\n";
    }

    private async Task<int> SaveAsync(Article article, decimal price)
    {
        var order = new Order { ArticleId = article.Id, Price = price };
        database.Orders.Add(order);
        if (faults.Is("locked database") && Interlocked.Increment(ref _first) == 1)
        {
            await using IDbContextTransaction transaction = await database.Database.BeginTransactionAsync();
            await database.SaveChangesAsync();
            await faults.Never; // locked database: who keeps it
        }

        await database.SaveChangesAsync(); // locked database
        return order.Id;
    }

    private async Task NotifyAsync(int order)
    {
        if (faults.Is("silent browser"))
        {
            await hub.Clients.Client(OrderHub.Browser!).InvokeAsync<bool>("confirm", order, CancellationToken.None); // silent browser
            return;
        }

        await hub.Clients.All.SendAsync("ordered", order);
    }
}
