using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stackflare.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoint for thread dumps.</summary>
public static class StackflareEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps an endpoint that returns a thread dump of this process for GET. docs/hosting.md describes its parameters. A dump shows names, paths and source
    /// text of the program. So, except in the environment Development, the service does not start unless the endpoint has an authorization
    /// (<c>RequireAuthorization</c>), a filter for hosts or ports (<c>RequireHost</c>), or an explicit <c>AllowAnonymous</c>.
    /// </summary>
    /// <param name="endpoints">The routes.</param>
    /// <param name="pattern">The pattern of the path.</param>
    /// <returns>For the authorization and other conventions of the endpoint.</returns>
    /// <exception cref="InvalidOperationException"><see cref="StackflareServiceCollectionExtensions.AddStackflare"/> was not called.</exception>
    public static IEndpointConventionBuilder MapStackflare(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/debug/stackflare")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        DumpEndpoint endpoint = endpoints.ServiceProvider.GetService<DumpEndpoint>()
            ?? throw new InvalidOperationException("MapStackflare needs services of Stackflare. Call builder.Services.AddStackflare() before the application is built.");
        bool isDevelopment = endpoints.ServiceProvider.GetRequiredService<IHostEnvironment>().IsDevelopment();
        endpoint.IsMapped = true;
        IEndpointConventionBuilder builder = endpoints.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], endpoint.HandleAsync)
            .WithDisplayName("Stackflare thread dump")
            .WithMetadata(new ExcludeFromDescriptionAttribute());
        // The application adds its conventions after this method has returned.
        if (!isDevelopment)
            builder.Finally(EndpointCheck.Check);
        return builder;
    }
}
