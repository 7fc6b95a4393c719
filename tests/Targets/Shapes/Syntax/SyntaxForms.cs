using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>The forms in which C# calls a method, each with a thread in it: expressions, statements, operators, members, initializers, lambdas.</summary>
internal sealed class SyntaxForms : Shape
{
    public override void Start(Host host)
    {
        Expressions.StartThreads(host);
        Statements.StartThreads(host);
        Operators.StartThreads(host);
        Initializers.StartThreads(host);
        Contracts.StartThreads(host);
        Lambdas.StartThreads(host);
        Queries.StartThreads(host);
        Extensions.StartThreads(host);
        Patterns.StartThreads(host);
    }

    /// <summary>The innermost frame of most threads.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Stop(Host host, Track track)
    {
        host.Park(track.Here<SyntaxForms>());
        return track.GetHashCode() & 1;
    }
}
