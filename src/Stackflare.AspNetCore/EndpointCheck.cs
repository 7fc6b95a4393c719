using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Stackflare.AspNetCore;

/// <summary>
/// Refuses an endpoint that anybody could use. Endpoints are built at the first request; this filter builds them when the pipeline is complete, and
/// before the server listens, so that the service does not start.
/// </summary>
internal sealed class EndpointCheck(DumpEndpoint endpoint) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
    {
        next(application);
        // Not from the route builder: if that is a group, it does not know the conventions of the group.
        if (endpoint.IsMapped)
            _ = application.ApplicationServices.GetRequiredService<EndpointDataSource>().Endpoints;
    };

    /// <summary>Called with all conventions of the endpoint and its groups.</summary>
    /// <exception cref="InvalidOperationException">Anybody could use the endpoint.</exception>
    public static void Check(EndpointBuilder builder)
    {
        if (!IsProtected(builder.Metadata))
        {
            throw new InvalidOperationException(
                $"The endpoint '{(builder as RouteEndpointBuilder)?.RoutePattern.RawText}' of Stackflare would show thread dumps to anybody. Add RequireAuthorization(…), RequireHost(…) or, if it "
                + "is protected by other means, AllowAnonymous() to what MapStackflare returns. In the environment Development, this is not necessary.");
        }
    }

    private static bool IsProtected(IList<object> metadata) => metadata.Any(static m => m is IAuthorizeData or AuthorizationPolicy or IAllowAnonymous)
        // Of several, the last one counts. A host "*" filters nothing.
        || (metadata.OfType<IHostMetadata>().LastOrDefault() is { Hosts.Count: > 0 } hosts && !hosts.Hosts.Any(static h => h is "*" or "*:*"));
}
