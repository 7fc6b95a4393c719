using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Stackflare.AspNetCore;
using Stackflare.Tests.Triggers;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.AspNetCore;

/// <summary>What the watches saw, as a health check and as metrics.</summary>
public sealed class WatchReportTests
{
    private static readonly IReadOnlyList<Finding> Deadlocks = [.. SampleDumps.Get("deadlock").Findings.Where(f => f.Kind == FindingKind.Deadlock)];

    [Theory]
    [InlineData(false, false, HealthStatus.Healthy)]
    [InlineData(true, false, HealthStatus.Degraded)]
    [InlineData(false, true, HealthStatus.Unhealthy)]
    [InlineData(true, true, HealthStatus.Unhealthy)]
    public async Task TheCheckReportsTheWorst(bool isStarved, bool isDeadlocked, HealthStatus status)
    {
        var check = new StackflareHealthCheck(
            () => isStarved ? TimeSpan.FromSeconds(7.5) : null, () => isDeadlocked ? Deadlocks : [], HealthStatus.Degraded, HealthStatus.Unhealthy);
        HealthCheckResult result = await check.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        Assert.Equal(status, result.Status);
        Assert.Equal(isStarved, result.Data.TryGetValue("queuedForSeconds", out object? seconds) && seconds is 7.5);
        Assert.Equal(isStarved, result.Description?.Contains("Queued work has waited 7.5 s for a thread of the pool", StringComparison.Ordinal) == true);
        Assert.Equal(isDeadlocked, result.Data.TryGetValue("deadlocks", out object? found) && found is string[] { Length: > 0 } texts && texts[0].Contains("Deadlock: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task BothLevelsCanBeSetAndNothingIsWatchedTwice()
    {
        await using WebService service = await WebService.StartAsync(static _ => { }, services: s =>
        {
            s.AddHealthChecks().AddStackflare(starved: HealthStatus.Unhealthy, deadlocked: HealthStatus.Degraded, tags: ["ready"]);
            s.AddStackflare();
        });
        HealthReport report = await service.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Healthy, report.Entries["stackflare"].Status);
        Assert.Equal(["ready"], report.Entries["stackflare"].Tags);
        Assert.Single(service.Services.GetServices<TriggerService>());
        Assert.Single(service.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>(), static h => h is TriggerService);
    }

    /// <summary>A service that hides its names from those who request dumps does not write them to its log or its outputs.</summary>
    [Fact]
    public async Task DumpsOfTriggersAreRedactedIfThoseOfRequestsAre()
    {
        ThreadDump? dump = null;
        Signal signal = Signal.RealTime(14);
        await using (await WebService.StartAsync(static _ => { }, configure: o =>
        {
            o.Render = new RenderOptions { Redaction = new Redaction() };
            o.OnSignal = new SignalOptions { Signal = signal, Output = DumpOutput.To(d => dump = d), Capture = SignalTrapTests.Patient, WarmUp = false };
        }))
        {
            Assert.Equal(0, SignalTrapTests.Raise(signal.Number));
        }
        Assert.True(dump!.IsRedacted);
    }

    [Fact]
    public void ADumpOfATriggerIsMeasured()
    {
        Dictionary<string, double> seen = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, l) =>
        {
            if (instrument.Meter.Name == DumpMetrics.Name)
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Add(i, value, tags));
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Add(i, value, tags));
        listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Add(i, value, tags));
        listener.Start();
        using var metrics = new DumpMetrics(() => TimeSpan.FromSeconds(3), () => 2);
        SignalTrapTests.TakeOne(Signal.RealTime(13));
        listener.RecordObservableInstruments();

        Assert.Equal((3, 2), (seen["stackflare.threadpool.wait"], seen["stackflare.deadlocks"]));
        // Other tests take dumps in this process too.
        Assert.True(seen["stackflare.dumps Signal"] >= 1);
        Assert.True(seen["stackflare.dump.pause"] > 0);
        Assert.True(seen["stackflare.threads Waiting"] > 0);

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string name = tags.Length == 0 ? instrument.Name : $"{instrument.Name} {tags[0].Value}";
            lock (seen)
                seen[name] = seen.GetValueOrDefault(name) + value;
        }
    }
}
