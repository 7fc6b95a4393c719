namespace Stackflare.Targets.Common;

/// <summary>
/// Names for objects, as a program does not know their addresses: their type, and which of all named ones they are. Not by hash codes: an object's
/// would be kept where a lock that nobody waits for is kept.
/// </summary>
public static class ObjectNames
{
    private static readonly List<object> Named = [];

    /// <summary>For example <c>MyApp.Account 3</c>; for a thread its name.</summary>
    /// <param name="named">The object.</param>
    public static string Of(object named)
    {
        if (named is Thread thread)
            return thread.Name!;
        lock (Named)
        {
            var index = Named.FindIndex(o => ReferenceEquals(o, named));
            if (index < 0)
            {
                index = Named.Count;
                Named.Add(named);
            }

            return $"{named.GetType().ToString().Replace('+', '.')} {index}";
        }
    }
}
