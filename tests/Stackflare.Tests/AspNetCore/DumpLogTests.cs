using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Stackflare.AspNetCore;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.AspNetCore;

/// <summary>A dump as an event of a log.</summary>
public sealed class DumpLogTests
{
    private static readonly ThreadDump Dump = SampleDumps.Get("deadlock") with
    {
        Reason = new DumpReason { Kind = DumpReasonKind.ThreadPool, Text = "queued work has waited 5s for a thread of the pool" },
    };

    [Fact]
    public void TheMessageIsALineAndTheRestAreProperties()
    {
        DumpEvent entry = Assert.Single(DumpEvent.PartsOf(Dump));
        var properties = entry.ToDictionary();
        Assert.StartsWith("Thread dump: queued work has waited 5s for a thread of the pool. Deadlock: ", entry.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', entry.ToString());
        Assert.Equal(Dump.ToString(), properties["Text"]);
        Assert.Equal(("ThreadPool", Dump.Threads.Count, 1, 1), (properties["ReasonKind"], properties["Threads"], properties["Part"], properties["Parts"]));
        string finding = Assert.IsType<string[]>(properties["Findings"])[0];
        Assert.StartsWith("Deadlock: ", finding, StringComparison.Ordinal);
        Assert.Contains(Dump.Findings[0].Frames[0].Frame.ToString(), finding, StringComparison.Ordinal);
        Assert.Equal(Environment.MachineName, properties["HostName"]);
    }

    [Fact]
    public void ALongTextIsSplitAtItsLines()
    {
        // Many lines, and a long one of characters that are two units each.
        ThreadDump many = Dump with { Notes = [.. Enumerable.Repeat("a note", 8000), string.Concat(Enumerable.Repeat("\U0001F40C", DumpEvent.MaxText))] };
        DumpEvent[] parts = [.. DumpEvent.PartsOf(many)];
        Assert.True(parts.Length > 3);
        Assert.All(parts, p => Assert.True(((string)p.ToDictionary()["Text"]!).Length <= DumpEvent.MaxText));
        Assert.Equal(many.ToString(), string.Concat(parts.Select(p => p.ToDictionary()["Text"])));
        Assert.EndsWith($" (part 2 of {parts.Length})", parts[1].ToString(), StringComparison.Ordinal);
        Assert.All(parts, p => Assert.False(char.IsHighSurrogate(((string)p.ToDictionary()["Text"]!)[^1])));
        Assert.All(parts.Skip(1), p => Assert.DoesNotContain("Findings", p.ToDictionary().Keys));
    }

    /// <summary>A console that nobody reads must not hold up the next dump.</summary>
    [Fact]
    public void ALoggerThatBlocksHoldsUpNobody()
    {
        using var logger = new Blocking();
        var log = new DumpLog(logger);
        log.Write(Dump);
        logger.Begun.Wait(TestContext.Current.CancellationToken);
        log.Write(Dump);
        log.Write(Dump);
        logger.MayEnd.Set();
        logger.HasTwo.Wait(TestContext.Current.CancellationToken);
        Assert.Equal(["Error", "Warning: 2 thread dumps were not logged, because the log was busy. They were written to their output."], logger.Events);
    }

    private sealed class Blocking : ILogger, IDisposable
    {
        public ManualResetEventSlim Begun { get; } = new();

        public ManualResetEventSlim MayEnd { get; } = new();

        public ManualResetEventSlim HasTwo { get; } = new();

        public ConcurrentQueue<string> Events { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Begun.Set();
            MayEnd.Wait();
            Events.Enqueue(eventId.Id == DumpEvent.Id.Id ? $"{logLevel}" : $"{logLevel}: {formatter(state, exception)}");
            if (Events.Count == 2)
                HasTwo.Set();
        }

        public void Dispose()
        {
            Begun.Dispose();
            MayEnd.Dispose();
            HasTwo.Dispose();
        }
    }
}
