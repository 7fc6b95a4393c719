using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Stackflare.EndToEnd.Harness;

/// <summary>Runs a test in flavours that have what it looks at. The flavour's name is its first argument.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class InFlavoursAttribute : DataAttribute
{
    private readonly IEnumerable<Flavour> _flavours;
    private readonly object?[] _arguments;

    /// <param name="spread">Which builds.</param>
    /// <param name="what">What the test looks at.</param>
    /// <param name="arguments">The arguments after the name.</param>
    public InFlavoursAttribute(Spread spread, LooksAt what, params object?[]? arguments)
    {
        _flavours = Flavours.Of(spread, what);
        _arguments = arguments ?? [null];
    }

    /// <param name="flavour">The one build.</param>
    /// <param name="what">What the test looks at.</param>
    /// <param name="arguments">The arguments after the name.</param>
    public InFlavoursAttribute(string flavour, LooksAt what, params object?[]? arguments)
    {
        _flavours = Flavours.Of(flavour, what);
        _arguments = arguments ?? [null];
    }

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>([.. _flavours.Select(f => new TheoryDataRow([f.Name, .. _arguments]))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
