using System.Globalization;
using System.Runtime.CompilerServices;

namespace Stackflare.Tests;

/// <summary>
/// All tests run in a culture that writes numbers in another way, as the programs of users do: what is printed must not depend on it. It is made here, since a machine need have no other.
/// </summary>
internal static class ForeignCulture
{
    [ModuleInitializer]
    internal static void Enter()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NumberGroupSeparator = ".";
        culture.NumberFormat.NegativeSign = "~";
        culture.DateTimeFormat.TimeSeparator = ".";
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = culture;
    }
}
