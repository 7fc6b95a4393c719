using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>The forms in which C# calls a method, each with a thread in it: expressions, statements, operators, members, initializers, lambdas.</summary>
internal sealed class SyntaxForms : Shape
{
    public override void Start(Host host)
    {
        Expressions.StartThreads(host);
        Calls.StartThreads(host);
        Statements.StartThreads(host);
        Loops.StartThreads(host);
        Operators.StartThreads(host);
        Initializers.StartThreads(host);
        Contracts.StartThreads(host);
        Lambdas.StartThreads(host);
        Queries.StartThreads(host);
        Extensions.StartThreads(host);
        Patterns.StartThreads(host);
    }

    /// <summary>Starts a thread for each form.</summary>
    /// <param name="host">The program.</param>
    /// <param name="kind">The beginning of the threads' names.</param>
    /// <param name="forms">The end of each name, and what the thread does.</param>
    public static void StartThreads(Host host, string kind, (string Name, Action<Host, Track> Body)[] forms)
    {
        foreach (var (name, body) in forms)
            host.StartThread(kind + name, track => body(host, track));
    }

    /// <summary>The innermost frame of most threads.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Stop(Host host, Track track)
    {
        host.Park(track.Here<SyntaxForms>());
        return track.GetHashCode() & 1;
    }
}
