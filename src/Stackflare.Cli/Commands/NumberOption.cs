using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Stackflare.Cli.Commands;

/// <summary>Options with a number in a range as the value. Text that is not a number and numbers out of range are the same error.</summary>
internal static class NumberOption
{
    public static Option<T> Create<T>(string name, string? alias, T usual, T least, T most)
        where T : INumber<T> => new(name, alias is null ? [] : [alias])
        {
            DefaultValueFactory = _ => usual,
            CustomParser = result =>
            {
                if (T.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out T? value) && value >= least && value <= most)
                    return value;
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from {least} to {most}."));
                return usual;
            },
        };
}
