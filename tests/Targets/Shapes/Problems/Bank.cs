using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// Transfers in a cycle of <c>--accounts N</c>, all at once: each locks the account that it takes from, and then wants the next one. With
/// <c>--patient N</c>, the first N transfers would give up in the end.
/// </summary>
internal sealed class Bank : Shape
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public override void Start(Host host)
    {
        Account[] accounts = [.. Enumerable.Range(0, host.Options.Number("--accounts", 2)).Select(_ => new Account(100))];
        var patient = host.Options.Number("--patient", 0);
        var allLocked = new Barrier(accounts.Length);
        for (var i = 0; i < accounts.Length; i++)
        {
            var (from, to) = (accounts[i], accounts[(i + 1) % accounts.Length]);
            Action<Track> transfer = i < patient
                ? track => TransferWithPatience(host, track, from, to, allLocked)
                : track => Transfer(host, track, from, to, allLocked);
            host.StartThread($"transfer {i + 1}", transfer);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Transfer(Host host, Track track, Account from, Account to, Barrier allLocked)
    {
        lock (from)
        {
            allLocked.SignalAndWait();
            host.Arrive(track.Next<Bank>().Took(from).Wants(to));
            lock (to)
                Move(from, to);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TransferWithPatience(Host host, Track track, Account from, Account to, Barrier allLocked)
    {
        lock (from)
        {
            allLocked.SignalAndWait();
            host.Arrive(track.Next<Bank>().Took(from).Wants(to));
            if (!Monitor.TryEnter(to, Patience))
                return;
            Move(from, to);
            Monitor.Exit(to);
        }
    }

    private static void Move(Account from, Account to)
    {
        to.Balance += from.Balance;
        from.Balance = 0;
    }
}
