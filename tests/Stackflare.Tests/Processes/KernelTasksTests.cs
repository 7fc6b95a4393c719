using Stackflare.Interop;
using Stackflare.Processes;

namespace Stackflare.Tests.Processes;

public sealed class KernelTasksTests
{
    /// <summary>For a sample, most often nobody asks for the list.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void TheListIsReadAtOnceOrWhenItIsUsed(bool atOnce)
    {
        var tasks = new KernelTasks(Environment.ProcessId, list: atOnce);
        using ManualResetEventSlim begun = new(), mayEnd = new();
        int id = 0;
        var thread = new Thread(() =>
        {
            id = Posix.CurrentThread();
            begun.Set();
            mayEnd.Wait();
        });
        thread.Start();
        begun.Wait(TestContext.Current.CancellationToken);
        Assert.Equal(!atOnce, tasks.Ids.Contains(id));
        Assert.NotNull(tasks.Find(id));
        mayEnd.Set();
        thread.Join();
    }
}
