using System.Collections;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Stackflare.Fixtures.Shapes;

/// <summary>What the compiler turns into state machines.</summary>
public class Machines : IEnumerable<int>
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> Async(int n)
    {
        await Task.CompletedTask;
        return Here.Stand();
    }

    public static async Task Async(string overload)
    {
        Here.Stand();
        await Task.CompletedTask;
    }

    public static async Task AsyncGeneric<T>(T value, List<T> values)
    {
        Here.Stand();
        await Task.CompletedTask;
    }

    [StackTraceHidden]
    public static async Task AsyncHidden()
    {
        Here.Stand();
        await Task.CompletedTask;
    }

    public static void AsyncLambda()
    {
        Func<int, Task> run = async n =>
        {
            Here.Stand();
            await Task.CompletedTask;
        };
        run(1).GetAwaiter().GetResult();
    }

    public static void AsyncLocal<T>(T value)
    {
        Inside(1).GetAwaiter().GetResult();

        static async Task Inside(int n)
        {
            Here.Stand();
            await Task.CompletedTask;
        }
    }

    public static IEnumerable<int> Iterator(int n)
    {
        try
        {
            yield return Here.Stand();
        }
        finally
        {
            if (n > 0)
                Here.Stand();
        }
    }

    public static async IAsyncEnumerable<int> AsyncIterator(string text)
    {
        await Task.CompletedTask;
        Here.Stand();
        yield return 1;
    }

    public IEnumerator<int> GetEnumerator() => throw new NotSupportedException();

    IEnumerator IEnumerable.GetEnumerator()
    {
        Here.Stand();
        yield return 1;
    }

    public static void RunIterator()
    {
        foreach (int _ in Iterator(0))
        {
        }
    }

    public static void RunFinally()
    {
        foreach (int _ in Iterator(1))
            break;
    }

    public static void RunExplicit() => ((IEnumerable)new Machines()).GetEnumerator().MoveNext();

    public static void RunAsyncIterator() =>
        AsyncIterator("").GetAsyncEnumerator().MoveNextAsync().AsTask().GetAwaiter().GetResult();
}
