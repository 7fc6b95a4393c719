using System.Reflection;
using System.Runtime.CompilerServices;

namespace Stackflare.Tests.Redacting;

/// <summary>
/// A dump with a marker in every string of the model, made by reflection, so that a new property is in it without anybody's doing. One object of each type, except where an object would contain itself.
/// </summary>
/// <param name="seed">Decides which values enumerations and switches have.</param>
internal sealed class MarkedDump(int seed)
{
    public const string Marker = "Marked";

    private readonly Dictionary<Type, object> _made = [];
    private int _markers;

    public static ThreadDump Of(int seed) => (ThreadDump)new MarkedDump(seed).Make(typeof(ThreadDump), "");

    /// <summary>The properties that hold data; not those that are computed.</summary>
    public static IEnumerable<PropertyInfo> DataOf(Type type) =>
        type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Where(static p => p.SetMethod is not null && p.GetIndexParameters().Length == 0);

    public static bool IsOfModel(Type type) => type.Assembly == typeof(ThreadDump).Assembly && !type.IsEnum && !type.IsValueType && !type.IsAssignableTo(typeof(Delegate));

    public static Type? ItemOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    private object Make(Type type, string name)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return $"{Marker}{++_markers}";
        if (type == typeof(bool))
            return seed % 2 == 0;
        if (type == typeof(int) || type == typeof(long) || type == typeof(ulong) || type == typeof(double))
            return Convert.ChangeType(name.Contains("Index", StringComparison.Ordinal) || name == "position" ? 0 : 3, type, System.Globalization.CultureInfo.InvariantCulture);
        if (type == typeof(TimeSpan))
            return TimeSpan.FromSeconds(3);
        if (type == typeof(DateTimeOffset))
            return new DateTimeOffset(2026, 11, 22, 17, 35, 0, TimeSpan.Zero);
        if (type == typeof(Guid))
            return new Guid("6f1f3c3e-0d5a-4a53-9b7e-2f1d5d1c9a10");
        if (type == typeof(Version))
            return new Version(10, 0, 1);
        if (type.IsEnum)
            return Enum.GetValues(type) is var values ? values.GetValue(seed % values.Length)! : 0;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlySet<>))
            return Activator.CreateInstance(typeof(HashSet<>).MakeGenericType(type.GetGenericArguments()))!;
        if (ItemOf(type) is { } item)
        {
            Array array = Array.CreateInstance(item, 1);
            array.SetValue(Make(item, ""), 0);
            return array;
        }
        Assert.True(IsOfModel(type) || type.IsValueType, $"The test cannot make a {type}.");
        return _made.TryGetValue(type, out object? made) ? made : New(type);
    }

    private object New(Type type)
    {
        ConstructorInfo[] constructors = [.. type.GetConstructors(BindingFlags.Instance | BindingFlags.Public).Where(c => c.GetParameters() is not [{ ParameterType: var only }] || only != type)];
        object made;
        if (constructors.MaxBy(static c => c.GetParameters().Length) is { } constructor && constructor.GetParameters() is { Length: > 0 } parameters)
        {
            made = constructor.Invoke([.. parameters.Select(p => Make(p.ParameterType, p.Name!))]);
            _made.TryAdd(type, made);
            Fill(made, except: [.. parameters.Select(static p => p.Name!)]);
        }
        else
        {
            made = type.IsValueType ? RuntimeHelpers.GetUninitializedObject(type) : Activator.CreateInstance(type, nonPublic: true)!;
            _made.TryAdd(type, made);
            Fill(made, except: []);
        }
        return made;
    }

    private void Fill(object made, HashSet<string> except)
    {
        foreach (PropertyInfo property in DataOf(made.GetType()))
        {
            if (except.Contains(property.Name) || IsCache(property) || property.Name is nameof(ThreadDump.Unfiltered) or nameof(ThreadDump.IsRedacted))
                continue;
            property.SetValue(made, Inner(made, property) ?? Make(property.PropertyType, property.Name));
        }
    }

    /// <summary>What contains objects of its own type has one inside that contains none.</summary>
    private static object? Inner(object outer, PropertyInfo property) => (outer, property.Name) switch
    {
        (DumpException, nameof(DumpException.Inner)) => new DumpException { Type = Marker + "Inner", Message = Marker + "InnerMessage" },
        (AsyncWait, nameof(AsyncWait.Unfinished)) => (AsyncStack[])[Writers.Build.Stack(Writers.Build.For(AsyncWaitKind.Socket, Marker + "Deep", 3, Marker + "Send", remote: Marker + "End"), Writers.Build.Async(Marker + "Method", 3, Marker, path: "/" + Marker))],
        _ => null,
    };

    public static bool IsCache(PropertyInfo property) => property.Name is nameof(DumpFrame.PlaceHash) or nameof(AsyncStack.Shape);
}
