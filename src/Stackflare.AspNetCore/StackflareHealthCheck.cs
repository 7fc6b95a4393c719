using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Stackflare.AspNetCore;

/// <summary>Reports what the watches saw at their last look. Takes no dump and waits for nothing.</summary>
internal sealed class StackflareHealthCheck(TriggerService triggers, HealthStatus starved, HealthStatus deadlocked) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new Dictionary<string, object>();
        List<(HealthStatus Status, string Problem)> problems = [];
        if (triggers.Deadlocks is { Found: { Count: > 0 } found })
        {
            data["deadlocks"] = found.Select(static f => f.ToString()).ToArray();
            problems.Add((deadlocked, found.Count == 1 ? "A deadlock" : string.Create(CultureInfo.InvariantCulture, $"{found.Count} deadlocks")));
        }
        if (triggers.ThreadPool is { Incident: { } incident })
        {
            data["queuedForSeconds"] = incident.TotalSeconds;
            data["queued"] = ThreadPool.PendingWorkItemCount;
            data["workers"] = ThreadPool.ThreadCount;
            problems.Add((starved, string.Create(CultureInfo.InvariantCulture, $"Queued work has waited {incident.TotalSeconds:0.#} s for a thread of the pool")));
        }
        // The enumeration's lowest value is the worst status.
        return Task.FromResult(
            problems.Count == 0
                ? HealthCheckResult.Healthy(data: data)
                : new HealthCheckResult(problems.Min(static p => p.Status), string.Join(". ", problems.Select(static p => p.Problem)), data: data));
    }
}
