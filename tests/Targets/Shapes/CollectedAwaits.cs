using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// Async methods that wait in a collectible context, which loads this assembly once more. The command <c>unload</c> begins to unload it, which cannot end
/// while the methods wait; <c>release</c> lets go of them, and says whether the context went.
/// </summary>
internal sealed class CollectedAwaits : Shape
{
    private readonly List<object> _kept = [];
    private WeakReference? _context;

    public override void Start(Host host)
    {
        var lines = Load();
        host.OnCommand("lines", _ => lines);
        host.OnCommand("unload", _ => Unload());
        host.OnCommand("release", _ => Release());
    }

    /// <summary>In the context: begins the methods, and says their lines from the innermost on.</summary>
    public static string Begin(List<object> kept)
    {
        var lines = new List<int>();
        kept.Add(Outer<string>(new TaskCompletionSource<string>(), lines));
        lines.Reverse();
        return string.Join(',', lines.Select(l => l.ToString(CultureInfo.InvariantCulture)));
    }

    private static async Task Outer<T>(TaskCompletionSource<T> source, List<int> lines)
    {
        await Task.CompletedTask;
        await Inner(source, Here(lines));
    }

    private static async ValueTask<T> Inner<T>(TaskCompletionSource<T> source, List<int> lines)
    {
        if (lines.Count == 0)
            await Task.Yield();
        return await Task.WhenAny(source.Task, await Quick(Here(lines), source).ConfigureAwait(false)).Unwrap();
    }

    private static async Task<Task<T>> Quick<T>(List<int> lines, TaskCompletionSource<T> source)
    {
        await Task.CompletedTask;
        GC.KeepAlive(lines);
        return source.Task;
    }

    private static List<int> Here(List<int> lines, [CallerLineNumber] int line = 0)
    {
        lines.Add(line);
        return lines;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private string Load()
    {
        var context = new AssemblyLoadContext("collected", isCollectible: true);
        _context = new WeakReference(context);
        var begin = context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "Shapes.dll")).GetType(typeof(CollectedAwaits).FullName!, throwOnError: true)!
            .GetMethod(nameof(Begin), BindingFlags.Public | BindingFlags.Static)!;
        return (string)begin.Invoke(null, [_kept])!;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private string Unload()
    {
        (_context?.Target as AssemblyLoadContext)?.Unload();
        return "unloading";
    }

    private string Release()
    {
        _kept.Clear();
        SpinWait.SpinUntil(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return _context?.IsAlive is false;
            },
            TimeSpan.FromSeconds(30));
        return _context?.IsAlive is false ? "gone" : "alive";
    }
}
