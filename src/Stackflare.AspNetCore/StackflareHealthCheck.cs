using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Stackflare.AspNetCore;

/// <summary>Reports what the watches saw at their last look. Takes no dump and waits for nothing.</summary>
/// <param name="incident">How long queued work has waited too long; null if it does not.</param>
/// <param name="deadlocks">The deadlocks of the last look.</param>
/// <param name="starved">The status while the thread pool is starved.</param>
/// <param name="deadlocked">The status while there are deadlocks.</param>
internal sealed class StackflareHealthCheck(Func<TimeSpan?> incident, Func<IReadOnlyList<Finding>> deadlocks, HealthStatus starved, HealthStatus deadlocked) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new Dictionary<string, object>();
        List<(HealthStatus Status, string Problem)> problems = [];
        if (deadlocks() is { Count: > 0 } found)
        {
            data["deadlocks"] = found.Select(static f => f.ToString()).ToArray();
            problems.Add((deadlocked, found.Count == 1 ? "A deadlock" : string.Create(CultureInfo.InvariantCulture, $"{found.Count} deadlocks")));
        }
        if (incident() is { } waited)
        {
            data["queuedForSeconds"] = waited.TotalSeconds;
            data["queued"] = ThreadPool.PendingWorkItemCount;
            data["workers"] = ThreadPool.ThreadCount;
            problems.Add((starved, string.Create(CultureInfo.InvariantCulture, $"Queued work has waited {waited.TotalSeconds:0.#} s for a thread of the pool")));
        }
        // The enumeration's lowest value is the worst status.
        return Task.FromResult(
            problems.Count == 0
                ? HealthCheckResult.Healthy(data: data)
                : new HealthCheckResult(problems.Min(static p => p.Status), string.Join(". ", problems.Select(static p => p.Problem)), data: data));
    }
}
