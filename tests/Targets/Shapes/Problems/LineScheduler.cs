using System.Collections.Concurrent;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>A scheduler whose tasks one thread runs, in a loop.</summary>
internal sealed class LineScheduler : TaskScheduler
{
    private readonly BlockingCollection<Task> _work = [];

    public void Run()
    {
        foreach (Task task in _work.GetConsumingEnumerable())
            TryExecuteTask(task);
    }

    protected override void QueueTask(Task task) => _work.Add(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _work;
}
