using Microsoft.Extensions.Diagnostics.HealthChecks;
using Stackflare.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a health check.</summary>
public static class StackflareHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that reports a starved thread pool and deadlocks. It reports what the watches of <see cref="StackflareOptions"/> saw last, and takes no
    /// dump. Use it for a readiness probe. A liveness probe must not restart a service because of starvation alone: the restart moves its load to other
    /// instances, which are then starved as well.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="starved">The status while the thread pool is starved.</param>
    /// <param name="deadlocked">The status after a deadlock was found. Needs <see cref="StackflareOptions.OnDeadlock"/>.</param>
    /// <param name="tags">For the choice of checks.</param>
    /// <returns>The health checks.</returns>
    public static IHealthChecksBuilder AddStackflare(
        this IHealthChecksBuilder builder, string name = "stackflare",
        HealthStatus starved = HealthStatus.Degraded, HealthStatus deadlocked = HealthStatus.Unhealthy, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddStackflare();
        return builder.Add(new HealthCheckRegistration(
            name,
            services =>
            {
                TriggerService triggers = services.GetRequiredService<TriggerService>();
                return new StackflareHealthCheck(() => triggers.ThreadPool?.Incident, () => triggers.Deadlocks?.Found ?? [], starved, deadlocked);
            },
            failureStatus: null, tags));
    }
}
