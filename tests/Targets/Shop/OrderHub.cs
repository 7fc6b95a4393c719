using Microsoft.AspNetCore.SignalR;

namespace Shop;

/// <summary>Tells browsers of orders, and asks one for a confirmation.</summary>
internal sealed class OrderHub : Hub
{
    /// <summary>The last browser that came; null if there is none.</summary>
    public static string? Browser { get; private set; }

    public override Task OnConnectedAsync()
    {
        Browser = Context.ConnectionId;
        return Task.CompletedTask;
    }
}
