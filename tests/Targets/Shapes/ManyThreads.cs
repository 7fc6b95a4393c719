using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// A thousand threads (or <c>--threads N</c>) at one and the same place. With <c>--again 1</c> the runtime compiles the method again when half of
/// them are there: the others are at another address of it.
/// </summary>
internal sealed class ManyThreads : Shape
{
    private const int StackBytes = 256 << 10;

    public override void Start(Host host)
    {
        int threads = host.Options.Number("--threads", 1000), early = host.Options.Number("--again", 0) == 1 ? threads / 2 : 0;
        // Where threads start slowly, the method is compiled again before half of them are there.
        using var compilations = early > 0 ? new Compilations(nameof(Crowd)) : null;
        for (var i = 0; i < threads; i++)
        {
            if (i == early && compilations is not null)
                CompileAgain(host, compilations);
            host.StartThread($"many-{i}", [MethodImpl(Host.NoJump)] (track) => Crowd(host, track), StackBytes);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Crowd(Host host, Track? track)
    {
        if (track is null)
            return;
        host.Park(track.Here<ManyThreads>());
        GC.KeepAlive(track);
    }

    private static void CompileAgain(Host host, Compilations compilations)
    {
        // The threads before have entered the code that there is.
        host.WaitForArrivals();
        do
            Crowd(host, null);
        while (!compilations.Optimized.Wait(0));
    }

    /// <summary>Waits for the runtime to say that it has compiled a method at its highest tier.</summary>
    private sealed class Compilations : EventListener
    {
        private const EventKeywords Jit = (EventKeywords)0x10;
        private const int TierShift = 7, TierMask = 7, Tier1 = 4;

        private readonly string _method;

        public Compilations(string method)
        {
            _method = method;
            EnableEvents(EventSource.GetSources().Single(s => s.Name == "Microsoft-Windows-DotNETRuntime"), EventLevel.Verbose, Jit);
        }

        public ManualResetEventSlim Optimized { get; } = new();

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.PayloadNames?.IndexOf("MethodName") is not (>= 0 and var name) || eventData.PayloadNames.IndexOf("MethodFlags") is not (>= 0 and var flags))
                return;
            if (eventData.Payload?[name] as string == _method && ((Convert.ToUInt32(eventData.Payload[flags], null) >> TierShift) & TierMask) == Tier1)
                Optimized.Set();
        }
    }
}
