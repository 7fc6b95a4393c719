using Stackflare.Targets.Common;
using Stackflare.Targets.Shapes.Awaits;
using Stackflare.Targets.Shapes.Problems;
using Stackflare.Targets.Shapes.Syntax;

namespace Stackflare.Targets.Shapes;

/// <summary>Every shape by its name.</summary>
internal static class ShapeCatalog
{
    public static Shape Create(string name) => name switch
    {
        nameof(NamedThreads) => new NamedThreads(),
        nameof(CompilerNames) => new CompilerNames(),
        nameof(LanguageMembers) => new LanguageMembers(),
        nameof(AsyncNames) => new AsyncNames(),
        nameof(SyntaxForms) => new SyntaxForms(),
        nameof(PoolSaturated) => new PoolSaturated(),
        nameof(PoolCounted) => new PoolCounted(),
        nameof(PoolAtWork) => new PoolAtWork(),
        nameof(AllDeadlocked) => new AllDeadlocked(),
        nameof(ManyThreads) => new ManyThreads(),
        nameof(DeepRecursion) => new DeepRecursion(),
        nameof(NativeCall) => new NativeCall(),
        nameof(LateTimers) => new LateTimers(),
        nameof(HungExit) => new HungExit(),
        nameof(Watched) => new Watched(),
        nameof(ExceptionInFlight) => new ExceptionInFlight(),
        nameof(GuestRooms) => new GuestRooms(),
        nameof(CollectedAwaits) => new CollectedAwaits(),
        nameof(Shares) => new Shares(),
        nameof(Rising) => new Rising(),
        nameof(Spinning) => new Spinning(),
        nameof(Churn) => new Churn(),
        nameof(Locks) => new Locks(),
        nameof(InflatedLocks) => new InflatedLocks(),
        nameof(Handover) => new Handover(),
        nameof(Bank) => new Bank(),
        nameof(PrintQueue) => new PrintQueue(),
        nameof(CheckOut) => new CheckOut(),
        nameof(NewsFeed) => new NewsFeed(),
        nameof(Carousel) => new Carousel(),
        nameof(Catalogue) => new Catalogue(),
        nameof(NightlyReports) => new NightlyReports(),
        nameof(CouponService) => new CouponService(),
        nameof(Entanglement) => new Entanglement(),
        nameof(BlockedCallers) => new BlockedCallers(),
        nameof(Desks) => new Desks(),
        nameof(Parcels) => new Parcels(),
        nameof(LostLocks) => new LostLocks(),
        nameof(LogWriter) => new LogWriter(),
        nameof(Gate) => new Gate(),
        nameof(Relay) => new Relay(),
        nameof(Thermometer) => new Thermometer(),
        nameof(WeatherStation) => new WeatherStation(),
        nameof(Crashes) => new Crashes(),
        nameof(Conveyor) => new Conveyor(),
        nameof(Harbour) => new Harbour(),
        nameof(Workshop) => new Workshop(),
        nameof(TicketOffice) => new TicketOffice(),
        nameof(KeyBoard) => new KeyBoard(),
#if NET9_0_OR_GREATER
        nameof(PriceCache) => new PriceCache(),
        nameof(HaulageFirm) => new HaulageFirm(),
#endif
        nameof(Waits) => new Waits(),
        nameof(AsyncWaits) => new AsyncWaits(),
        nameof(AsyncTruth) => new AsyncTruth(),
        nameof(AsyncRunning) => new AsyncRunning(),
        _ when name.Contains('+') => new Together([.. name.Split('+').Select(Create)]),
        _ => throw new ArgumentException($"no shape {name}", nameof(name)),
    };
}
