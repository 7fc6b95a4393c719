using System.Globalization;

namespace Stackflare.Cli;

/// <summary>Names of users, from /etc/passwd; the number for users that are not listed there.</summary>
internal static class UserNames
{
    private static readonly Lazy<Dictionary<uint, string>> Names = new(Read);

    public static string Find(uint user) =>
        Names.Value.TryGetValue(user, out string? name) ? name : user.ToString(CultureInfo.InvariantCulture);

    private static Dictionary<uint, string> Read()
    {
        var names = new Dictionary<uint, string>();
        if (!File.Exists("/etc/passwd"))
            return names;
        foreach (string line in File.ReadLines("/etc/passwd"))
        {
            string[] fields = line.Split(':');
            if (fields.Length > 2 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
                names.TryAdd(id, fields[0]);
        }
        return names;
    }
}
