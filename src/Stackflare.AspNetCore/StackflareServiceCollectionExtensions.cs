using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Stackflare.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Stackflare to a service.</summary>
public static class StackflareServiceCollectionExtensions
{
    /// <summary>
    /// Adds Stackflare: the triggers of <see cref="StackflareOptions"/>, the listener, if <see cref="StackflareOptions.Listen"/> names its address, and what
    /// <see cref="AspNetCore.Builder.StackflareEndpointRouteBuilderExtensions.MapStackflare"/> needs. The listener starts before other hosted services and
    /// ends after them.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options; null for the defaults.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddStackflare(this IServiceCollection services, Action<StackflareOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<StackflareOptions>();
        if (configure is not null)
            services.Configure(configure);
        services.TryAddSingleton<DumpEndpoint>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ListenerService>());
        if (services.All(static s => s.ServiceType != typeof(TriggerService)))
        {
            services.AddSingleton<TriggerService>();
            services.AddSingleton<IHostedService>(static s => s.GetRequiredService<TriggerService>());
        }
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, EndpointCheck>());
        return services;
    }
}
